"""Runs the command line on mutants, each time in a process of its own, and judges how it ends."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

Command: TypeAlias = Sequence[str]
"""The arguments of ``python -m hpobench``; variables of its environment, ``NAME=value``, may stand
in front."""

MEMORY = 12 * 2**30
"""Bytes of address space that a command may take."""
TIMEOUT_S = 240.0
"""Seconds after which a command counts as hanging."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["hpobench.__main__", "pandas", "pyarrow.parquet"])


def require_clear_end(command: Command, folder: Path) -> None:
    """Run ``command`` in ``folder``: it ends in time, with an exit code of its own, without a
    traceback."""
    errors = folder / ".stderr"
    (process := _context.Process(target=_child, args=(list(command), folder, errors))).start()
    process.join(TIMEOUT_S)
    hangs = process.is_alive()
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with all processes that it started
    process.join()
    said = errors.read_text(encoding="utf-8", errors="replace") if errors.exists() else ""
    errors.unlink(missing_ok=True)
    what = f"{' '.join(command)} in {folder}: {said.strip()[-600:]}"
    assert not hangs, f"hangs: {what}"
    assert process.exitcode in {0, 1, 2}, f"exit {process.exitcode}: {what}"
    assert "Traceback (most recent call last)" not in said, what


def _child(command: list[str], folder: Path, errors: Path) -> None:
    os.setsid()
    os.chdir(folder)
    while "=" in command[0]:  # as a shell has it: NAME=value in front of the arguments
        name, _, value = command.pop(0).partition("=")
        os.environ[name] = value
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.pop("HPOBENCH_TRACEBACK", None)
    nothing = os.open(os.devnull, os.O_RDWR)
    said = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number, target in ((nothing, 0), (nothing, 1), (said, 2)):
        os.dup2(number, target)
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), "utf-8", line_buffering=True)

    from hpobench.__main__ import main

    main(command)

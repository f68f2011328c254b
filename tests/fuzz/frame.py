"""Runs commands on mutated inputs and judges how they end."""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

Command: TypeAlias = Sequence[str]
"""The arguments of ``python -m hpobench``; variables of its environment, ``NAME=value``, may stand
in front."""

MEMORY = 12 * 2**30
"""Bytes of address space that a command may take."""
TIMEOUT_S = 240.0
"""Seconds after which a command counts as hanging."""
_GOOD = {0, 1, 2}
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["hpobench.__main__", "pandas", "pyarrow.parquet"])


class Kind(Protocol):
    """One kind of input, for instance suites."""

    name: str

    def prepare(self, folder: Path) -> None:
        """Make what all mutants start from, in the empty ``folder``."""

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        """Write a mutant of what ``prepare`` made in ``origin`` into the empty ``folder``.

        All chance comes from ``rng``. Returns the commands to run on the mutant, in ``folder``.
        """


@dataclass(frozen=True)
class Fault:
    """A command that did not end as it should."""

    kind: str
    number: int
    command: Command
    folder: Path
    what: str
    """The exit code, the signal, or that it hung."""
    stderr: str

    def __str__(self) -> str:
        end = self.stderr.strip()[-300:]
        return f"{self.kind} {self.number}: {' '.join(self.command)}: {self.what}\n    {end}"


@dataclass
class Tally:
    """How the commands of one kind ended."""

    kind: str
    mutants: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        ends = ", ".join(f"{n} {end}" for end, n in sorted(self.ends.items()))
        return f"{self.kind}: {self.mutants} mutants; {ends}; {len(self.faults)} faults"


def run_kind(kind: Kind, folder: Path, numbers: Iterator[int], seed: int, seconds: float) -> Tally:
    """Run the mutants ``numbers`` of ``kind`` for at most ``seconds``; keep those at fault.

    A mutant depends on ``seed`` and its number alone.
    """
    tally = Tally(kind.name)
    deadline = time.monotonic() + seconds
    origin = folder / kind.name / "origin"
    origin.mkdir(parents=True)
    kind.prepare(origin)
    for number in numbers:
        if time.monotonic() > deadline:
            break
        place = folder / kind.name / f"{number:05d}"
        place.mkdir()
        commands = kind.mutate(random.Random(f"{kind.name}/{seed}/{number}"), origin, place)
        tally.mutants += 1
        faults = [fault for c in commands if (fault := _judge(tally, number, c, place))]
        tally.faults += faults
        if not faults:
            shutil.rmtree(place, ignore_errors=True)
    return tally


def _judge(tally: Tally, number: int, command: Command, folder: Path) -> Fault | None:
    what, stderr = _run(command, folder)
    tally.ends[what] += 1
    if what in {f"exit {code}" for code in _GOOD} and not _TRACEBACK.search(stderr):
        return None
    return Fault(tally.kind, number, command, folder, what, stderr)


def _run(command: Command, folder: Path) -> tuple[str, str]:
    """How ``command`` ended, in a process of its own, and what it said on standard error."""
    errors = folder / ".stderr"
    process = _context.Process(target=_child, args=(list(command), folder, errors))
    process.start()
    process.join(TIMEOUT_S)
    if process.is_alive():
        what = "hang"
    elif (process.exitcode or 0) < 0:
        what = f"signal {-(process.exitcode or 0)}"
    else:
        what = f"exit {process.exitcode}"
    if process.pid is not None:
        _end_group(process.pid)
    process.join()
    text = errors.read_text(encoding="utf-8", errors="replace") if errors.exists() else ""
    errors.unlink(missing_ok=True)
    return what, text


def _end_group(pid: int) -> None:
    """End the command with all processes that it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


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

"""Calls in a process of their own, with limits: whatever they do to the process ends with it."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from hpobench.contract.errors import PluginError
from hpobench.contract.wording import printable
from hpobench.plugins.modules import import_file

T = TypeVar("T")
IMPORT_S = 60.0
"""Wall seconds that the import of a plugin file may take. PyTorch takes 2 to 10."""
_MAIN = "import sys; sys.path[:] = {path!r}; from {module} import _main; _main({result})"
_TOLD = 500
"""Characters of what a process wrote to standard error last."""


class ApartError(Exception):
    """The process ended without a result; the message says how."""


def apart(
    seconds: float, memory: int | None, call: Callable[..., T], *arguments: object, **named: object
) -> T:
    """What ``call(*arguments, **named)`` returns in a new process, or raises what it raises there.

    All of it must be picklable. Raises :class:`ApartError` if the process takes more than
    ``seconds`` of wall time or ``memory`` bytes for data, or dies. ``call`` comes from trusted
    code, because what it returns is unpickled here.
    """
    order = pickle.dumps((call, arguments, named, memory))
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as result:
        program = _MAIN.format(path=sys.path, module=__name__, result=result.fileno())
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=[result.fileno()],
            start_new_session=True,  # one signal ends it with all that it started
        )
        try:
            process.communicate(order, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise ApartError(f"it took more than {seconds:g} s") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        result.seek(0)
        try:
            returned, raised = pickle.load(result)  # noqa: S301 - of our own process
        except (EOFError, pickle.UnpicklingError):
            said.seek(max(0, said.seek(0, os.SEEK_END) - _TOLD))
            last = said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            more = f": {printable(last)}" if last else ""
            raise ApartError(f"{_death(process.returncode)}{more}") from None
        if raised is not None:
            raise raised
        return returned  # type: ignore[no-any-return]


def _death(code: int) -> str:
    if code >= 0:
        return f"its process ended with code {code} and gave no result"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name} ended its process"
    return f"signal {-code} ended its process"


def _main(result: int) -> None:
    """Make the call that standard input names, and write what came of it to ``result``."""
    call, arguments, named, memory = pickle.load(sys.stdin.buffer)  # noqa: S301 - of our own
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    found: tuple[Any, Exception | None]
    try:
        found = call(*arguments, **named), None
    except Exception as error:
        found = None, error
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - some errors cannot be made anew
        except Exception:
            found = None, ApartError(f"{type(error).__name__}: {error}")
    with os.fdopen(result, "wb") as file:
        pickle.dump(found, file)


@functools.cache
def try_import(file: Path) -> None:
    """Import the plugin ``file`` in a process of its own, so that an import that hangs or crashes
    ends there. Errors that Python can raise are left to the import proper, which words them."""
    try:
        apart(IMPORT_S, None, _import, file)
    except ApartError as error:
        raise PluginError(
            f"{file}: cannot be imported: {error}; a plugin's file is imported before anything "
            "runs, so do work in methods of its class",
            file,
        ) from error


def _import(file: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # one that the file raises is not the user's
    with contextlib.suppress(BaseException):
        import_file(file)

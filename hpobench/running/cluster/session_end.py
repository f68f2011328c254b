"""Ends what is left of a local Ray when its driver has ended, in whatever way.

A program of its own, without any import beyond the standard library: it stays as small as a process
can be. Its standard input is a pipe that the driver alone holds open. Usage: FOLDER VARIABLE, the
session's folder and the environment variable that names it in all processes of the session.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

_GRACE_S = 1.0
"""How long processes may take to end by themselves, unless the driver says that it is over."""
_KILLING_S = 10.0
_POLL_S = 0.05
KEEP, REMOVE = b"keep", b"remove"
"""What the driver writes at its end: whether the folder, with Ray's logs, stays where it is."""


def main(folder: str, variable: str) -> None:
    told = sys.stdin.buffer.read()  # returns when the driver closes the pipe, or is dead
    kill = time.monotonic() + (0 if told else _GRACE_S)
    while (left := _members(folder, variable)) and time.monotonic() < kill + _KILLING_S:
        if time.monotonic() >= kill:
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        time.sleep(_POLL_S)
    if told != KEEP:
        shutil.rmtree(folder, ignore_errors=True)


def _members(folder: str, variable: str) -> list[int]:
    """The processes of the session; none where the system does not tell."""
    mark = f"{variable}={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            mine = mark in (process / "environ").read_bytes().split(b"\0")
            # Ray's agents write their titles over their environment, but log to the folder.
            if not mine and (process / "cmdline").read_bytes().startswith(b"ray::"):
                files = (process / "fd").iterdir()
                mine = any(file.readlink().is_relative_to(folder) for file in files)
            if mine:
                found.append(int(process.name))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])

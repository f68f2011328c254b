"""The memory of this process and its descendants, as Linux reports it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_PROC = Path("/proc")


def memory_of_processes() -> int | None:
    """Resident bytes of these processes; ``None`` where there is no ``/proc``."""
    if not (_PROC / "self" / "statm").exists():
        return None
    parents = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                # The name, in brackets, may hold anything; the parent comes after the state.
                parents[int(folder.name)] = int(
                    _read(folder / "stat").rpartition(")")[2].split()[1]
                )
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(map(_resident, ours))


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(_read(_PROC / str(pid) / "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")

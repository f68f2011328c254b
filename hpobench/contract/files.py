"""Files that are there whole or not at all, whatever ends the process or the machine."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: write it beside ``path``, then move it there."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    move_whole(temporary, path)


def move_whole(source: Path, path: Path) -> None:
    """Rename the complete file ``source`` to ``path``, on the same disk, after flushing it.

    A crash of the machine leaves either the old file or the new one at ``path``.
    """
    _flush(source)
    source.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

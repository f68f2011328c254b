"""What a trial prints, kept apart from what the worker's process prints."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

LIMIT = 64 * 1024
"""Characters kept of one trial, the last ones of longer output."""


class CaughtOutput:
    """Catches standard output and error of this process at the level of file descriptors, and so
    those of C libraries and child processes too."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Catch what is printed inside the block."""
        _flush()
        before = os.dup(1), os.dup(2)
        os.dup2(self._file.fileno(), 1)
        os.dup2(self._file.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            for number, original in zip((1, 2), before, strict=True):
                os.dup2(original, number)
                os.close(original)

    def take(self) -> str:
        """What was caught since the last call, at most the last ``LIMIT`` bytes."""
        size = os.lseek(self._file.fileno(), 0, os.SEEK_CUR)
        if not size:
            return ""
        start = max(size - LIMIT, 0)
        data = os.pread(self._file.fileno(), size - start, start)
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        os.ftruncate(self._file.fileno(), 0)
        return data.decode("utf-8", "replace")

    def close(self) -> None:
        self._file.close()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()

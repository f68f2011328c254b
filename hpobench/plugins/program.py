"""Programs that a suite names: their files, and hashes of the files."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from hpobench.contract.errors import NotAvailableError, UsageError


class Program:
    """A program and its arguments in ``run``, which no shell interprets.

    A program with a slash in its name is an absolute path or lies in ``folder`` or below; any other
    is looked up on PATH. Every message begins with ``what``. Raises :class:`UsageError` if ``run``
    is empty.
    """

    def __init__(self, what: str, run: Sequence[object], folder: Path) -> None:
        self.run = [str(word) for word in run]
        if not self.run or not self.run[0]:
            raise UsageError(f"{what}: run is a program and its arguments, like [./train, --fast]")
        self._what, self._folder = what, folder

    def argv(self) -> list[str]:
        """The command to start.

        Raises :class:`UsageError` if the program is not an executable file, and
        :class:`NotAvailableError` if it is not on PATH.
        """
        return [self._path(self.run[0]), *self.run[1:]]

    def digests(self) -> Iterator[bytes]:
        """The hash of each file in the folder that ``run`` names."""
        named = self.run if _is_path(self.run[0]) else self.run[1:]
        for file in (self._folder / word for word in named):
            if os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises if a word is too long
                status = file.stat()
                yield _digest(file, status.st_mtime_ns, status.st_size)

    def _path(self, first: str) -> str:
        if not _is_path(first):
            if (found := shutil.which(first)) is None:
                raise NotAvailableError(
                    f"{self._what}: PATH has no program {first!r}; install it, or write ./{first} "
                    "for one in the suite's folder"
                )
            return found
        folder = self._folder.resolve()
        path = folder / first
        if not Path(first).is_absolute() and not path.resolve().is_relative_to(folder):
            raise UsageError(
                f"{self._what}: run: {first!r} leaves the suite's folder; give the absolute path "
                "of a program elsewhere"
            )
        if not path.is_file():
            raise UsageError(f"{self._what}: run: {first!r}: no such file in {folder}")
        if not os.access(path, os.X_OK):
            raise UsageError(
                f"{self._what}: run: {path} is not executable; chmod +x it, or name its "
                f"interpreter first, like [python3, {first}]"
            )
        return str(path)


def _is_path(word: str) -> bool:
    return os.sep in word


@functools.lru_cache(maxsize=1024)
def _digest(file: Path, _mtime: int, _size: int) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()

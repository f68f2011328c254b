"""What a suite names by the key ``run``: programs, and objects of a Python file."""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import shutil
import symtable
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hpobench.contract.errors import NotAvailableError, UnknownNameError, UsageError
from hpobench.plugins.foreign import calling
from hpobench.plugins.modules import import_file
from hpobench.plugins.syntax import read, read_text, source_hash, status_of


class ScriptObject:
    """The object ``NAME`` of the file ``FILE.py`` in ``run``, which is ``FILE.py:NAME``.

    ``inside`` makes the absolute path of a file in the suite's folder. Every message begins with
    ``what``. Raises :class:`UsageError` if ``run`` has another form.
    """

    def __init__(self, what: str, run: str, inside: Callable[[str], Path]) -> None:
        file, _, self.name = run.rpartition(":")
        if not file.endswith(".py") or not self.name.isidentifier():
            raise UsageError(
                f"{what}: run is a Python file and a name in it, like mine.py:train, not {run!r}"
            )
        self._what, self.file = what, inside(file)

    def digest(self) -> str:
        """A hash of the code in the file and in those of its neighbours that it imports.

        Layout and comments do not count. Nothing runs. Raises :class:`PluginError` if there is no
        such file or it is not Python, and :class:`UnknownNameError` if it lacks the name.
        """
        digest, text = source_hash(self.file), read_text(self.file)
        symbols = symtable.symtable(text, str(self.file), "exec").get_symbols()
        names = [s.get_name() for s in symbols if s.is_assigned() or s.is_imported()]
        if self.name not in names and not any(
            # Only running the file shows which names `import *` brings.
            isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
            for node in ast.walk(read(self.file).tree)
        ):
            raise self._unknown(names)
        return digest

    def load(self) -> Any:
        """The object, from the file as a module, which this process keeps.

        The file's folder is put on ``sys.path`` for good, as Python does for a script, so that the
        code may import its neighbours, also later. Raises :class:`PluginError` with the file and
        line if the import fails, and :class:`UnknownNameError` if the module has no such name.
        """
        status_of(self.file)
        if (folder := str(self.file.parent)) not in sys.path:
            sys.path.insert(0, folder)
        with calling(self.file, f"{self._what}: cannot be imported", passing=()):
            names = vars(import_file(self.file))
        if self.name not in names:
            raise self._unknown([name for name in names if not name.startswith("_")])
        return names[self.name]

    def _unknown(self, names: list[str]) -> UsageError:
        return UnknownNameError(f"name in {self.file}", self.name, names)


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
        """The command to start; raises :class:`UsageError` if the program is not an executable
        file, and :class:`NotAvailableError` if it is not on PATH."""
        first, what = self.run[0], self._what
        if os.sep not in first:
            if (found := shutil.which(first)) is None:
                raise NotAvailableError(
                    f"{what}: PATH has no program {first!r}; install it, or write ./{first} "
                    "for one in the suite's folder"
                )
            return [found, *self.run[1:]]
        folder = self._folder.resolve()
        path = folder / first
        if not Path(first).is_absolute() and not path.resolve().is_relative_to(folder):
            raise UsageError(
                f"{what}: run: {first!r} leaves the suite's folder; give the absolute path "
                "of a program elsewhere"
            )
        if not path.is_file():
            raise UsageError(f"{what}: run: {first!r}: no such file in {folder}")
        if not os.access(path, os.X_OK):
            raise UsageError(
                f"{what}: run: {path} is not executable; chmod +x it, or name its "
                f"interpreter first, like [python3, {first}]"
            )
        return [str(path), *self.run[1:]]

    def digests(self) -> Iterator[bytes]:
        """The hash of each file in the folder that ``run`` names."""
        named = self.run if os.sep in self.run[0] else self.run[1:]
        for file in (self._folder / word for word in named):
            if os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises if a word is too long
                status = file.stat()
                yield _digest(file, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1024)
def _digest(file: Path, _mtime: int, _size: int) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()

"""Objects of a Python file that a suite names, like ``mine.py:train``."""

from __future__ import annotations

import ast
import symtable
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.plugins.foreign import calling
from hpobench.plugins.modules import import_file
from hpobench.plugins.source import source_hash
from hpobench.plugins.syntax import read, read_text, status_of


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
        if self.name not in names and not _imports_everything(self.file):
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


def _imports_everything(file: Path) -> bool:
    """Whether ``file`` has an ``import *``, whose names only running it shows."""
    return any(
        isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        for node in ast.walk(read(file).tree)
    )

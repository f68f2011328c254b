"""Plugin files as syntax trees: their classes, constants and imports, read without importing."""

from __future__ import annotations

import ast
import functools
import stat
from dataclasses import dataclass
from pathlib import Path

from hpobench.contract.errors import PluginError
from hpobench.plugins.modules import sibling


@dataclass(frozen=True, eq=False)
class Source:
    """One parsed file."""

    file: Path
    tree: ast.Module

    @functools.cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes at the top level of the file, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @functools.cached_property
    def constants(self) -> dict[str, ast.expr]:
        """The values of the names that the module assigns, including type aliases."""
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """The dotted name that each imported local name stands for.

        Relative imports keep their leading dots.
        """
        names = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = _origin(node) + alias.name
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
        return names

    @functools.cached_property
    def modules(self) -> frozenset[str]:
        """The names of everything imported that may be a module, and of their packages.

        Relative names keep their leading dots.
        """
        found = {
            (_origin(node) if isinstance(node, ast.ImportFrom) else "") + alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        for name in tuple(found):
            while (name := module_of(name)) not in found and name:
                found.add(name)
        return frozenset(found)

    def dotted(self, node: ast.expr) -> str:
        """The full name that ``node`` stands for in this file: ``ray.tune.search.Searcher``."""
        if isinstance(node, ast.Subscript):
            return self.dotted(node.value)
        if isinstance(node, ast.Attribute):
            return f"{self.dotted(node.value)}.{node.attr}"
        return self.imports.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def read(file: Path) -> Source:
    """The parsed ``file``.

    Raises :class:`PluginError` if it cannot be read, with the line of a syntax error.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise PluginError(f"{file}: cannot be read: {error.strerror}", file) from error
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        raise PluginError(f"{file}: not a regular file", file)
    return _read(file, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1024)
def _read(file: Path, _mtime: int, _size: int) -> Source:
    try:
        return Source(file, ast.parse(file.read_bytes(), str(file)))
    except SyntaxError as error:
        where = f"{file}:{error.lineno}" if error.lineno else str(file)
        raise PluginError(f"{where}: not valid Python: {error.msg}", file) from error
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise PluginError(f"{file}: cannot be read: {error}", file) from error


@functools.lru_cache(maxsize=1024)
def siblings(source: Source, home: Path) -> tuple[Path, ...]:
    """The files that ``source`` imports from, as far as they belong to the plugin in ``home``."""
    files = {sibling(source.file, module, home) for module in source.modules}
    return tuple(sorted(file for file in files if file is not None and file != source.file))


def module_of(dotted: str) -> str:
    """The module part of a dotted name: ``.tables`` of ``.tables.Table``, ``.`` of ``.Table``."""
    head, dot, _ = dotted.rpartition(".")
    return head + dot if head.strip(".") == "" else head


def _origin(node: ast.ImportFrom) -> str:
    """The text before the names that ``node`` imports: ``..tables.``, ``.``, ``optuna.``."""
    return "." * node.level + (f"{node.module}." if node.module else "")

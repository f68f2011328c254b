"""Plugin files as syntax trees: their classes, constants and imports, read without importing, and
the hash of their code, which is part of cells' identity and of the names of caches."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import io
import os
import stat
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hpobench.contract.errors import PluginError
from hpobench.plugins.modules import sibling

_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Where statements have others inside; an expression has one value in such a field."""
MAX_BYTES = 4 << 20
"""A larger file takes gigabytes as a syntax tree."""


@dataclass(frozen=True, eq=False)
class ParsedFile:
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
        """The dotted name, with the dots of a relative import, that each local name stands for."""
        names = {}
        for origin, alias in self._imports:
            if origin or alias.asname:
                names[alias.asname or alias.name] = origin + alias.name
            else:  # without `as`, `import a.b` binds `a`
                first = alias.name.partition(".")[0]
                names[first] = first
        return names

    @functools.cached_property
    def _imports(self) -> list[tuple[str, ast.alias]]:
        """All that is imported and the text before its name, outer ones first."""
        level: list[ast.AST] = [self.tree]
        found: list[tuple[str, ast.alias]] = []
        while level:
            for node in level:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found += ((_origin(node), alias) for alias in node.names)
            # Expressions are nine tenths of a tree, and import nothing.
            fields = (getattr(node, name, ()) for node in level for name in _BLOCKS)
            level = [node for field in fields if isinstance(field, list) for node in field]
        return found

    @functools.cached_property
    def modules(self) -> frozenset[str]:
        """The dotted names of everything imported that may be a module, and of their packages."""
        found = {origin + alias.name for origin, alias in self._imports}
        for name in tuple(found):
            while (name := module_of(name)) not in found and name:
                found.add(name)
        return frozenset(found)

    def dotted(self, node: ast.expr) -> str:
        """The full name that ``node`` stands for in this file: ``ray.tune.search.Searcher``."""
        parts = []
        while isinstance(node, ast.Subscript | ast.Attribute):
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
            node = node.value
        parts.append(self.imports.get(node.id, node.id) if isinstance(node, ast.Name) else "")
        return ".".join(reversed(parts))

    @contextlib.contextmanager
    def descending(self, node: ast.AST) -> Iterator[None]:
        """For code that calls itself for every level of ``node``, which strangers nest as deep as
        they like: raises :class:`PluginError` where that is too deep."""
        try:
            yield
        except RecursionError:
            level, line = [node], 1
            while level:  # the deepest node is where the nesting is
                line = next((n.lineno for n in level if isinstance(n, ast.expr | ast.stmt)), line)
                level = [child for parent in level for child in ast.iter_child_nodes(parent)]
            message = f"{self.file}:{line}: nested too deep to be read; split the expression"
            raise PluginError(message, self.file) from None


def read(file: Path) -> ParsedFile:
    """The parsed ``file``; raises :class:`PluginError`, with the line of a syntax error."""
    status = status_of(file)
    return _read(file, status.st_mtime_ns, status.st_size)


def read_text(file: Path) -> str:
    """The text of ``file`` in the encoding that it declares; raises :class:`PluginError`."""
    data = _content(file)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, ValueError, LookupError) as error:
        raise PluginError(f"{file}: not valid Python: {error}", file) from error


def status_of(file: Path) -> os.stat_result:
    """The status of ``file``; raises :class:`PluginError` if it is not a file of bearable size."""
    try:
        status = file.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PluginError(f"{file}: cannot be read: {reason}", file) from error
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        raise PluginError(f"{file}: not a regular file", file)
    if status.st_size > MAX_BYTES:
        raise PluginError(f"{file}: larger than {MAX_BYTES >> 20} MiB, too large for code", file)
    return status


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PluginError(f"{file}: cannot be read: {error.strerror}", file) from error


@functools.lru_cache(maxsize=1024)
def _read(file: Path, _mtime: int, _size: int) -> ParsedFile:
    data = _content(file)
    try:
        return ParsedFile(file, ast.parse(data, str(file)))
    except SyntaxError as error:
        where = f"{file}:{error.lineno}" if error.lineno else str(file)
        raise PluginError(f"{where}: not valid Python: {error.msg}", file) from error
    except (RecursionError, MemoryError) as error:
        raise PluginError(f"{file}: nested too deep to be read", file) from error
    except (ValueError, LookupError) as error:
        raise PluginError(f"{file}: not valid Python: {error}", file) from error


@functools.lru_cache(maxsize=1024)
def siblings(source: ParsedFile, home: Path) -> tuple[Path, ...]:
    """The files that ``source`` imports from, as far as they belong to the plugin in ``home``."""
    files = {sibling(source.file, module, home) for module in source.modules}
    return tuple(sorted(file for file in files if file is not None and file != source.file))


def module_of(dotted: str) -> str:
    """The module part of a dotted name: ``.tables`` of ``.tables.Table``, ``.`` of ``.Table``."""
    head, dot, _ = dotted.rpartition(".")
    return head + dot if head.strip(".") == "" else head


def _origin(node: ast.Import | ast.ImportFrom) -> str:
    """The text before the names that ``node`` imports: ``..tables.``, ``optuna.``, none."""
    if isinstance(node, ast.Import):
        return ""
    return "." * node.level + (f"{node.module}." if node.module else "")


def source_hash(file: Path) -> str:
    """A hash of the code in ``file`` and in the plugin files that it imports from.

    Layout, comments and docstrings do not count, and every version of Python gives the same hash.
    """
    seen: dict[Path, str] = {}
    pending = [file]
    while pending:
        source = read(pending.pop())
        if source.file not in seen:
            with source.descending(source.tree):
                seen[source.file] = _digest(source.tree)
            pending.extend(siblings(source, file.parent))
    # By their content: another checkout has them in another order.
    text = "".join([seen.pop(file), *sorted(seen.values())])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@functools.lru_cache(maxsize=1024)
def _digest(tree: ast.Module) -> str:
    return hashlib.blake2b(_canonical(tree).encode(), digest_size=8).hexdigest()


def _canonical(node: object) -> str:
    """The tree as text like ``ast.dump``, whose output differs between versions of Python."""
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={_canonical(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != []  # newer versions have more fields, empty ones
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        code = (item for item in node if not _is_docstring(item))
        return f"[{','.join(map(_canonical, code))}]"
    return ascii(node)  # repr() shows other characters as they are in a newer Unicode


def _is_docstring(node: object) -> bool:
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str)

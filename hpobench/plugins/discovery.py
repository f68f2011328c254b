"""Reading plugin files without importing them.

Listing what there is must not import an optimisation library, so a plugin's name, options and
capabilities are read from the syntax tree of its file. Base classes are followed into other
files as long as those belong to the plugin.
"""

from __future__ import annotations

import ast
import functools
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Kind
from hpobench.contract.errors import PluginError
from hpobench.contract.problem import Plugin, Problem
from hpobench.plugins.modules import sibling

_SUFFIXES: tuple[tuple[str, Kind], ...] = (
    ("Searcher", "searcher"),
    ("Search", "searcher"),
    ("Scheduler", "scheduler"),
    ("Problem", "problem"),
)
_CONTRACT: dict[Kind, type[Plugin]] = {
    "searcher": Searcher,
    "scheduler": Scheduler,
    "problem": Problem,
}
GIVEN = frozenset({"self", "space", "seed", "fidelity"})
"""Parameters of a searcher's ``__init__`` that are not options."""


@dataclass(frozen=True)
class Spelling:
    """An option as the file spells it; ``default`` is ``None`` where it must be given."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True, eq=False)
class Found:
    """A plugin class as its file describes it."""

    kind: Kind
    name: str
    cls: str
    file: Path
    summary: str
    """First line of the docstring."""
    attributes: Mapping[str, Any]
    """Literal class attributes, inherited ones and the contract's defaults included."""
    options: tuple[Spelling, ...]
    answers: bool
    """Whether it is a problem with a ``missing`` of its own."""
    ray: bool
    """Whether it derives from one of Ray's own classes rather than from the contract's."""


@dataclass(frozen=True, eq=False)
class Source:
    """One parsed file."""

    file: Path
    tree: ast.Module

    @functools.cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @functools.cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What names of the module stand for, type aliases among them."""
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """Local name -> the dotted name it stands for; relative imports keep their dots."""
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
        """What is or may be a module among the imports anywhere in the file, packages included;
        relative ones keep their dots."""
        found = {
            (_origin(node) if isinstance(node, ast.ImportFrom) else "") + alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        for name in tuple(found):
            while (name := _parent(name)) not in found and name:
                found.add(name)
        return frozenset(found)

    def dotted(self, node: ast.expr) -> str:
        """The full name that ``node`` stands for in this file: ``ray.tune.search.Searcher``."""
        if isinstance(node, ast.Subscript):
            return self.dotted(node.value)
        if isinstance(node, ast.Attribute):
            return f"{self.dotted(node.value)}.{node.attr}"
        return self.imports.get(node.id, node.id) if isinstance(node, ast.Name) else ""


@functools.lru_cache(maxsize=1024)
def siblings(source: Source, home: Path) -> tuple[Path, ...]:
    """Files of the plugin in the folder ``home`` that ``source`` imports anything from."""
    files = {sibling(source.file, module, home) for module in source.modules}
    return tuple(sorted(file for file in files if file is not None and file != source.file))


Lineage: TypeAlias = list[tuple[Source, ast.ClassDef]]
"""A class and the ancestors that can be read, the nearest first."""


def read(file: Path) -> Source:
    """The parsed ``file``; raises :class:`PluginError` with the line of a syntax error."""
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


def find_plugins(file: Path, *, nameless: bool) -> Iterator[Found]:
    """The plugin classes of ``file``, in their order.

    ``nameless``: a class without a ``name`` counts under its class name, as for a bare subclass
    of ``ray.tune.search.Searcher`` in a file that the user named. A class that another one in
    the file derives from is then a base and needs a name to count.
    """
    source = read(file)
    bases = {source.dotted(base) for node in source.classes.values() for base in node.bases}
    for node in source.classes.values():
        name = _literals(node).get("name")
        if not isinstance(name, str):
            name = node.name if nameless and node.name not in bases else None
        if name is not None and not node.name.startswith("_"):
            found = _describe(name, list(_lineage(source, node)))
            if found is not None:
                yield found


def _describe(name: str, lineage: Lineage) -> Found | None:
    bases = [source.dotted(base) for source, node in lineage for base in node.bases]
    kinds = (kind for base in bases for suffix, kind in _SUFFIXES if base.endswith(suffix))
    kind = next(kinds, None)
    if kind is None:
        return None
    ray = any(base.startswith("ray.") for base in bases)
    attributes = {} if ray else _defaults(_CONTRACT[kind])
    for _, ancestor in reversed(lineage):
        attributes |= _literals(ancestor)
    source, node = lineage[0]
    return Found(
        kind=kind,
        name=name,
        cls=node.name,
        file=source.file,
        summary=(ast.get_docstring(node) or "").partition("\n")[0],
        attributes=attributes,
        options=_options(lineage, GIVEN if kind == "searcher" else frozenset({"self"})),
        answers=kind == "problem" and _method(lineage, "missing") is not None,
        ray=ray,
    )


def _lineage(source: Source, node: ast.ClassDef) -> Iterator[tuple[Source, ast.ClassDef]]:
    """``node`` and those of its ancestors that the plugin's files define, the nearest first."""
    seen: set[tuple[Path, str]] = set()
    pending = [(source, node)]
    while pending:
        source, node = pending.pop(0)
        if (source.file, node.name) in seen:
            continue
        seen.add((source.file, node.name))
        yield source, node
        for name in map(source.dotted, node.bases):
            home: Source | None = source
            if name not in source.classes:
                file = sibling(source.file, _parent(name))
                home = read(file) if file is not None else None
            if home is not None and (base := home.classes.get(name.rpartition(".")[2])):
                pending.append((home, base))


def _origin(node: ast.ImportFrom) -> str:
    """What stands before the names that ``node`` imports: ``..tables.``, ``.``, ``optuna.``."""
    return "." * node.level + (f"{node.module}." if node.module else "")


def _parent(dotted: str) -> str:
    """The module part of a dotted name: ``.tables`` of ``.tables.Table``, ``.`` of ``.Table``."""
    head, dot, _ = dotted.rpartition(".")
    return head + dot if head.strip(".") == "" else head


def _literals(node: ast.ClassDef) -> dict[str, Any]:
    values = {}
    for item in node.body:
        if isinstance(item, ast.Assign) and len(item.targets) == 1:
            target, value = item.targets[0], item.value
        elif isinstance(item, ast.AnnAssign) and item.value is not None:
            target, value = item.target, item.value
        else:
            continue
        if isinstance(target, ast.Name):
            try:
                values[target.id] = ast.literal_eval(value)
            except (ValueError, TypeError):
                continue
    return values


def _defaults(contract: type[Plugin]) -> dict[str, Any]:
    return {
        name: value
        for cls in reversed(contract.__mro__)
        for name, value in vars(cls).items()
        if not name.startswith("_") and isinstance(value, bool | int | tuple)
    }


def _options(lineage: Lineage, given: frozenset[str]) -> tuple[Spelling, ...]:
    if (found := _method(lineage, "__init__")) is None:
        return ()
    source, init = found
    return tuple(o for o in _arguments(source, init.args) if o.name not in given)


def _method(lineage: Lineage, name: str) -> tuple[Source, ast.FunctionDef] | None:
    for source, node in lineage:
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == name:
                return source, item
    return None


def _arguments(source: Source, arguments: ast.arguments) -> Iterator[Spelling]:
    padding = [None] * (len(arguments.args) - len(arguments.defaults))
    pairs = [
        *zip(arguments.args, [*padding, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        yield Spelling(
            argument.arg,
            "" if argument.annotation is None else _spelled(source, argument.annotation),
            None if default is None else _spelled(source, default),
        )


def _spelled(source: Source, node: ast.expr) -> str:
    """``node`` as written, or what it names in this file or in one that it is imported from."""
    if isinstance(node, ast.Name):
        home, name = source, node.id
        if (file := sibling(source.file, _parent(source.imports.get(name, "")))) is not None:
            home, name = read(file), source.imports[name].rpartition(".")[2]
        node = home.constants.get(name, node)
    return ast.unparse(node)

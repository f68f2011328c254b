"""Plugins are found by reading their files, without importing them.

A list of plugins must not import optimisation libraries, so a plugin's name, options and
capabilities are read from the syntax tree of its file. Base classes are followed into other
files that belong to the plugin.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.cell import Kind
from hpobench.contract.errors import PluginError
from hpobench.plugins.attributes import CONTRACT, attribute_fault
from hpobench.plugins.modules import sibling
from hpobench.plugins.syntax import ParsedFile, module_of, read

_SUFFIXES: tuple[tuple[str, Kind], ...] = (
    ("Searcher", "searcher"),
    ("Search", "searcher"),
    ("Scheduler", "scheduler"),
    ("Problem", "problem"),
)
GIVEN = frozenset({"self", "space", "seed", "fidelity"})
"""The parameters of a searcher's ``__init__`` that are not options."""


@dataclass(frozen=True)
class Spelling:
    """An option as the file spells it; ``default`` is ``None`` if the option must be given."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True, eq=False)
class PluginText:
    """A plugin class as its file describes it."""

    kind: Kind
    name: str
    cls: str
    file: Path
    summary: str
    """The first line of the docstring."""
    attributes: Mapping[str, Any]
    """Literal class attributes, including inherited ones and the contract's defaults."""
    options: tuple[Spelling, ...]
    answers: bool
    """Whether this is a problem that defines ``missing``."""
    ray: bool
    """Whether the class derives from one of Ray's classes instead of the contract's."""


Lineage: TypeAlias = list[tuple[ParsedFile, ast.ClassDef]]
"""A class and its ancestors that can be read, from the nearest to the farthest."""


def find_plugins(file: Path, *, nameless: bool) -> Iterator[PluginText]:
    """The plugin classes of ``file``, in their order.

    If ``nameless``, a class without a ``name`` counts under its class name, for instance a
    subclass of ``ray.tune.search.Searcher`` in a file that the user named. A class that another
    one in the file derives from is a base, and still needs a name to count.
    """
    source = read(file)
    bases = {source.dotted(base) for node in source.classes.values() for base in node.bases}
    for node in source.classes.values():
        if node.name.startswith("_"):
            continue
        name: Any = _literals(source, node).get("name", (None,))[0]
        if name is None and nameless and node.name not in bases:
            name = node.name
        if name is not None and (found := _describe(name, list(_lineage(source, node)))):
            yield found


def _describe(name: Any, lineage: Lineage) -> PluginText | None:
    bases = [source.dotted(base) for source, node in lineage for base in node.bases]
    kinds = (kind for base in bases for suffix, kind in _SUFFIXES if base.endswith(suffix))
    kind = next(kinds, None)
    if kind is None:
        return None
    attributes: dict[str, Any] = {}
    # The adapter around a searcher of Ray's promises nothing of what the contract's defaults say.
    if not (ray := any(base.startswith("ray.") for base in bases)):
        attributes = {
            key: value
            for cls in reversed(CONTRACT[kind].__mro__)
            for key, value in vars(cls).items()
            if not key.startswith("_") and isinstance(value, bool | int | tuple)
        }
    literals: dict[str, tuple[Any, Path, int]] = {}
    for ancestor in reversed(lineage):
        literals |= _literals(*ancestor)
    for key, (value, file, line) in literals.items():
        if (fault := attribute_fault(kind, key, value)) is not None:
            raise PluginError(f"{file}:{line}: {fault}", file)
        attributes[key] = value
    source, node = lineage[0]
    given = GIVEN if kind == "searcher" else {"self"}
    init = _method(lineage, "__init__")
    return PluginText(
        kind=kind,
        name=name,
        cls=node.name,
        file=source.file,
        summary=(ast.get_docstring(node) or "").partition("\n")[0],
        attributes=attributes,
        options=tuple(o for o in _arguments(*init) if o.name not in given) if init else (),
        answers=kind == "problem" and _method(lineage, "missing") is not None,
        ray=ray,
    )


def _lineage(source: ParsedFile, node: ast.ClassDef) -> Iterator[tuple[ParsedFile, ast.ClassDef]]:
    """``node`` and its ancestors in the plugin's files, from the nearest to the farthest."""
    seen: set[tuple[Path, str]] = set()
    pending = [(source, node)]
    while pending:
        source, node = pending.pop(0)
        if (source.file, node.name) in seen:
            continue
        seen.add((source.file, node.name))
        yield source, node
        for name in map(source.dotted, node.bases):
            home: ParsedFile | None = source
            if name not in source.classes:
                file = sibling(source.file, module_of(name))
                home = read(file) if file is not None else None
            if home is not None and (base := home.classes.get(name.rpartition(".")[2])):
                pending.append((home, base))


def _literals(source: ParsedFile, node: ast.ClassDef) -> dict[str, tuple[Any, Path, int]]:
    """The class attributes whose values can be read, and where each stands."""
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
                with source.descending(value):
                    literal = ast.literal_eval(value)
            except (ValueError, TypeError):
                continue
            values[target.id] = literal, source.file, item.lineno
    return values


def _method(lineage: Lineage, name: str) -> tuple[ParsedFile, ast.FunctionDef] | None:
    for source, node in lineage:
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == name:
                return source, item
    return None


def _arguments(source: ParsedFile, function: ast.FunctionDef) -> Iterator[Spelling]:
    arguments = function.args
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


def _spelled(source: ParsedFile, node: ast.expr) -> str:
    """``node`` as written, or the value that it names in this file or in the one it comes from."""
    if isinstance(node, ast.Name):
        home, name = source, node.id
        if (file := sibling(source.file, module_of(source.imports.get(name, "")))) is not None:
            home, name = read(file), source.imports[name].rpartition(".")[2]
        node = home.constants.get(name, node)
    with source.descending(node):
        return ast.unparse(node)

"""A hash of a plugin's files: part of a cell's identity, and of the name of a cache."""

from __future__ import annotations

import ast
import functools
import hashlib
import itertools
from collections.abc import Container, Iterator
from pathlib import Path

from hpobench.contract.cell import Kind
from hpobench.plugins.syntax import Source, read, siblings

_KIT = "hpobench.kit"
_FIRST_HOMES = {
    "data": "hpobench",
    "is_openml": "hpobench.data.catalogue",
    "sha256": "hpobench.data.local",
    "TABLE": "hpobench.data.openml",
    "NotAvailableError": "hpobench.errors",
    "SpaceError": "hpobench.errors",
    "TrialError": "hpobench.errors",
    "UnknownNameError": "hpobench.errors",
    "UsageError": "hpobench.errors",
    "Conversation": "hpobench.isolation.conversation",
    "RemoteSearcher": "hpobench.isolation.searcher",
    "surroundings": "hpobench.isolation.searcher",
    "mapped": "hpobench.mapped",
    "Program": "hpobench.program",
    "Table": "hpobench.recording.table",
    "read_about": "hpobench.recording.table",
    "read_table": "hpobench.recording.table",
    "write_table": "hpobench.recording.table",
    "derive_seed": "hpobench.seeding",
    "global_generators": "hpobench.seeding",
    "uniform": "hpobench.seeding",
    "to_ray_space": "hpobench.tune.searcher",
}
"""The modules that plugins imported these names from before the kit existed. Imports are hashed as
they were written then, so that the ids of stored cells still hold."""
_FIRST_NAMES = {
    "unsupported_reason": "misfit",
    "schedules_itself": "fused",
    "leaves_scheduling": "own",
}
"""The names that these members of the contract had then."""
_ATTRIBUTES = {"problem": {"family"}, "searcher": {"adopts", "learns", "takes_prior"}}
"""Class attributes that change no result, by the kind of plugin."""
_SAME_ALWAYS = {
    "a330a70d776f1b5c": "d584e07bc5a30f5b",  # searchers/_optuna.py
    "1ecfe78d1997bc10": "57c060587610e14d",  # searchers/optuna_tpe.py
}
"""The digest before of every shipped file whose later edits changed no result of any cell that
there could be before, by the digest now."""
_SAME_RESULTS = {
    "dde489fdbd111706": "05a070cfdab94980",  # searchers/optuna_cmaes.py
    "67ede2c8a612de5b": "49ea4cb196b51186",  # searchers/_configspace.py
    "98ae05bab5baa22f": "9ad96be0f7778368",  # searchers/botorch.py
    "48e7c93f76525039": "30959b38927a952e",  # searchers/cma.py
    "6ca981e585a54edb": "5e400800a5a02573",  # searchers/flaml.py
    "ec8ba7b3da9162ba": "a6fffa77f7b6437f",  # searchers/neps.py
    "ea443438ac0ad1e2": "b1bab325020c3775",  # searchers/smac.py
    "6a778003cdbaf0c0": "1fb515410adadc86",  # problems/recorded/_replay.py
}
"""The digest before of every shipped file whose later edits changed no result of a cell without a
start or a prior, by the digest now. Cells that were stored before such an edit keep their ids."""


def source_hash(file: Path, kind: Kind | None = None, *, exact: bool = False) -> str:
    """A hash of the code in ``file`` and the plugin files that it imports from.

    Layout, comments and docstrings do not count, nor do class attributes that change no result.
    Edits of shipped files that changed no result without a start or a prior count if ``exact``.
    """
    seen: dict[Path, str] = {}
    pending = [file]
    while pending:
        source = read(pending.pop())
        if source.file not in seen:
            digest = file_digest(source, kind)
            digest = _SAME_ALWAYS.get(digest, digest)
            seen[source.file] = digest if exact else _SAME_RESULTS.get(digest, digest)
            pending.extend(siblings(source, file.parent))
    own = seen.pop(file)
    return hashlib.blake2b(
        "".join([own, *sorted(seen.values())]).encode(), digest_size=8
    ).hexdigest()


def file_digest(source: Source, kind: Kind | None) -> str:
    """A hash of the code in one file, without the class attributes that change no result."""
    with source.descending(source.tree):
        return _digest(
            _without_attributes(source.tree, kind) if kind in _ATTRIBUTES else source.tree
        )


@functools.lru_cache(maxsize=1024)
def _without_attributes(tree: ast.Module, kind: Kind) -> ast.Module:
    """``tree`` without statements like ``family = "..."`` in its classes."""
    names = _ATTRIBUTES[kind]
    return ast.Module([_without(names, statement) for statement in tree.body], tree.type_ignores)


def _without(names: Container[str], statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.ClassDef):
        return statement
    body = [part for part in statement.body if not _is_constant(names, part)]
    return ast.ClassDef(**{**dict(ast.iter_fields(statement)), "body": body})


def _is_constant(names: Container[str], statement: ast.stmt) -> bool:
    """Whether ``statement`` sets one of ``names`` to a text or to ``True`` or ``False``."""
    match statement:
        case ast.Assign(targets=[ast.Name(name)], value=ast.Constant(str() | bool())):
            return name in names
    return False


@functools.lru_cache(maxsize=1024)
def _digest(tree: ast.Module) -> str:
    return hashlib.blake2b(_canonical(tree).encode(), digest_size=8).hexdigest()


def _canonical(node: object) -> str:
    """The tree as text like ``ast.dump``, but without docstrings and the same in every Python.

    Empty fields do not count, because newer versions of Python have more of them.
    """
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={_canonical(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != []
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        kept = (item for item in _with_first_homes(node) if not _is_text(item))
        return f"[{','.join(map(_canonical, kept))}]"
    return repr(_FIRST_NAMES.get(node, node) if isinstance(node, str) else node)


def _with_first_homes(nodes: list[object]) -> Iterator[object]:
    """``nodes`` with every import from the kit split by the first homes of its names.

    The parts are sorted among the neighbouring imports from hpobench, as an import sorter does.
    """
    for ours, run in itertools.groupby(nodes, _imports_from_hpobench):
        if not ours:
            yield from run
            continue
        imports = (node for node in run if isinstance(node, ast.ImportFrom))
        split = itertools.chain.from_iterable(map(_by_first_home, imports))
        yield from sorted(split, key=lambda node: node.module or "")


def _imports_from_hpobench(node: object) -> bool:
    if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
        return False
    return node.module.partition(".")[0] == "hpobench"


def _by_first_home(node: ast.ImportFrom) -> Iterator[ast.ImportFrom]:
    if node.module != _KIT:
        yield node
        return
    named = sorted(node.names, key=lambda alias: _FIRST_HOMES.get(alias.name, _KIT))
    for home, names in itertools.groupby(named, lambda a: _FIRST_HOMES.get(a.name, _KIT)):
        yield ast.ImportFrom(module=home, names=list(names), level=0)


def _is_text(node: object) -> bool:
    """Whether ``node`` is a statement that is only a string, like a docstring."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)

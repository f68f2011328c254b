"""A hash of a plugin's files: part of a cell's identity, and of the name of a cache."""

from __future__ import annotations

import ast
import functools
import hashlib
from pathlib import Path

from hpobench.plugins.syntax import read, siblings


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
    own = seen.pop(file)
    return hashlib.blake2b(
        "".join([own, *sorted(seen.values())]).encode(), digest_size=8
    ).hexdigest()


@functools.lru_cache(maxsize=1024)
def _digest(tree: ast.Module) -> str:
    return hashlib.blake2b(_canonical(tree).encode(), digest_size=8).hexdigest()


def _canonical(node: object) -> str:
    """The tree as text like ``ast.dump``, whose output differs between versions of Python.

    Empty fields do not count, because newer versions have more of them. Statements that are only
    a text do not count either: they are docstrings.
    """
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={_canonical(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != []
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(_canonical(item) for item in node if not _is_text(item))}]"
    return ascii(node)  # repr() shows other characters as they are in a newer Unicode


def _is_text(node: object) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)

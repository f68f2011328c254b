"""Suites that extend another one: they say what is different."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hpobench.contract.errors import did_you_mean
from hpobench.plugins.registry import shipped_suites
from hpobench.suites.yamlfile import Document, read_yaml

_MOST = 8
"""Suites in a row that extend one another."""
_OWN = ("name", "description")
"""Keys that a suite does not take from the one that it extends."""


def extended(document: Document, depth: int = 1) -> Document:
    """``document`` with the keys that it leaves out taken from the suite that it ``extends``.

    That is a shipped suite, or a file in the same folder, so that relative paths mean the same in
    both. Raises :class:`SuiteError`.
    """
    if not isinstance(document.value, dict) or "extends" not in document.value:
        return document
    if depth > _MOST:
        raise document.error(("extends",), f"more than {_MOST} suites in a row, or in a circle")
    value = dict(document.value)
    base = extended(read_yaml(_found(document, value.pop("extends"))), depth + 1)
    if not isinstance(base.value, dict):
        raise base.error((), "a suite is made of keys like 'name:' and 'searchers:'")
    inherited = {key: item for key, item in base.value.items() if key not in (*value, *_OWN)}
    lines = {path: line for path, line in base.lines.items() if path and path[0] in inherited}
    return replace(
        document,
        value=value | inherited,
        lines=document.lines | lines,
        base=base,
        inherited=frozenset(inherited),
    )


def _found(document: Document, name: object) -> Path:
    shipped = shipped_suites()
    if isinstance(name, str) and name in shipped:
        return shipped[name]
    beside = {file.name: file for file in document.folder.glob("*.y*ml") if file.is_file()}
    if isinstance(name, str) and name in beside:
        return beside[name]
    hint = did_you_mean(str(name), [*shipped, *beside])
    raise document.error(
        ("extends",), f"neither the name of a shipped suite nor of a file beside this one{hint}"
    )

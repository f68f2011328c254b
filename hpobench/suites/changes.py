"""Suites that say what is different from another one: what the command line changes in a suite is
the same as a file that extends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hpobench.contract.errors import did_you_mean
from hpobench.plugins.registry import shipped_suites
from hpobench.suites.yamlfile import Document, KeyPath, read_mapping, read_yaml

ADHOC: Mapping[str, Any] = {"name": "adhoc", "seeds": 5}
"""What is changed where no suite is named."""


@dataclass(frozen=True)
class Changes:
    """Keys of a suite file that stand in the place of a suite's own."""

    keys: Mapping[str, Any] = field(default_factory=dict)
    """A ``budget`` among them is that of each of the suite's problems, also of those with one of
    their own."""
    add: Sequence[Any] = ()
    """Entries of searchers that follow those of the suite."""

    def __bool__(self) -> bool:
        return bool(self.keys or self.add)

    def applied(self, document: Document) -> Document:
        """``document`` with the changes; raises :class:`SuiteError`. An error about one of them
        names the option, like ``--searchers``, and any other one its place in the suite."""
        if not (self and isinstance(document.value, dict)):
            return document
        own = dict(document.value)
        if "budget" in self.keys and isinstance(own.get("problems"), list):
            own["problems"] = [_without_budget(entry) for entry in own["problems"]]
        value = {**own, **{key: _meant(own.get(key), new) for key, new in self.keys.items()}}
        options: dict[KeyPath, str] = {(key,): f"--{key}" for key in self.keys}
        if self.add:
            first = value.get("searchers")
            if not isinstance(first, list):
                raise document.error((), "names no searchers to --add to; name all by --searchers")
            value["searchers"] = [*first, *self.add]
            options |= {("searchers", len(first) + i): "--add" for i in range(len(self.add))}
        given = read_mapping(value, options)
        inherited = frozenset(document.value) - frozenset(self.keys)
        return replace(given, file=document.file, base=document, inherited=inherited)


def _meant(own: Any, new: Any) -> Any:
    """The value ``new`` of a key. In a list of plugins a label that the suite gives to an entry
    (``as``) of its ``own`` stands for that entry."""
    if not (isinstance(own, list) and isinstance(new, list)):
        return new
    labelled = {
        part["as"]: entry
        for entry in own
        if isinstance(entry, dict)
        for part in (entry, *entry.values())
        if isinstance(part, dict) and isinstance(part.get("as"), str)
    }
    return [labelled.get(entry, entry) if isinstance(entry, str) else entry for entry in new]


def _without_budget(entry: Any, *, inner: bool = False) -> Any:
    """The ``entry`` of a problem, or its ``inner`` mapping, without a budget of its own."""
    if not isinstance(entry, dict):
        return entry
    left = {key: value for key, value in entry.items() if key != "budget"}
    if inner or isinstance(left.get("name"), str):
        return left
    return {key: _without_budget(value, inner=True) for key, value in left.items()}


_MOST = 8
"""Suites in a row that extend one another."""


def extended(document: Document, depth: int = 1) -> Document:
    """``document`` with the keys that it leaves out taken from the suite that it ``extends``.

    That is a shipped suite, or a file in the same folder, so that relative paths mean the same in
    both. Raises :class:`SuiteError`.
    """
    if not isinstance(document.value, dict) or "extends" not in document.value:
        return document
    if depth > _MOST:
        raise document.error(("extends",), f"more than {_MOST} suites in a row, or in a circle")
    value, shipped = dict(document.value), shipped_suites()
    name = value.pop("extends")
    beside = {file.name: file for file in document.folder.glob("*.y*ml") if file.is_file()}
    files = {**beside, **shipped}
    if not isinstance(name, str) or name not in files:
        hint = did_you_mean(str(name), [*shipped, *beside])
        message = f"neither the name of a shipped suite nor of a file beside this one{hint}"
        raise document.error(("extends",), message)
    base = extended(read_yaml(files[name]), depth + 1)
    if not isinstance(base.value, dict):
        raise base.error((), "a suite is made of keys like 'name:' and 'searchers:'")
    own = (*value, "name", "description")
    inherited = {key: item for key, item in base.value.items() if key not in own}
    lines = {path: line for path, line in base.lines.items() if path and path[0] in inherited}
    return replace(
        document,
        value=value | inherited,
        lines=document.lines | lines,
        base=base,
        inherited=frozenset(inherited),
    )

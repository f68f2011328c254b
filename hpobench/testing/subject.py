"""The plugin that is checked, and the checks of every kind of plugin."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import UsageError
from hpobench.contract.problem import Problem
from hpobench.plugins.discovery import GIVEN
from hpobench.plugins.options import is_ray, members_of, options_of, resolve
from hpobench.plugins.registry import Entry
from hpobench.testing.check import Misbehaved, NotApplicable


@dataclass(frozen=True)
class PluginSubject:
    """The plugin that is checked."""

    entry: Entry
    ref: PluginRef

    @property
    def cls(self) -> type:
        return self.entry.load()

    def exercise(self) -> None:
        """Use the plugin as cells do."""


def ref_of(entry: Entry, given: Mapping[str, Any], folder: Path) -> PluginRef:
    """``entry`` with the options ``given``.

    A required option that is not given is that of a problem family's first member, or takes its
    first choice.

    Raises :class:`UsageError` for options that are missing or wrong.
    """
    cls = entry.load()
    required = [option for option in (options_of(cls) or {}).values() if option.required]
    taken = {option.name: option.choices[0] for option in required if option.choices}
    for member in members_of(cls) if issubclass(cls, Problem) else ():
        if all(member.get(key, value) == value for key, value in given.items()):
            taken = {option.name: member[option.name] for option in required}
            break
    options, faults = resolve(cls, {**taken, **given})
    if faults:
        message = "; ".join(f"{f.key}: {f.message}" if f.key else f.message for f in faults)
        raise UsageError(f"{entry.kind} {entry.name}: {message} (-o KEY=VALUE sets an option)")
    file, name = str(entry.file), entry.name
    return PluginRef(entry.kind, name, name, options, file, entry.cls, str(folder.resolve()))


def description(subject: PluginSubject) -> None:
    """A name in lower case with hyphens, and a first line that ends with a full stop."""
    entry = subject.entry
    if not entry.ray and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name):
        raise Misbehaved(f"it is called {entry.name!r}; use lower case, digits and hyphens")
    if not re.fullmatch(r"\S.*\.", entry.summary):
        raise Misbehaved(
            f"its docstring begins with {entry.summary!r}; `list` shows that line: write a sentence"
        )


def options(subject: PluginSubject) -> str | None:
    """Options are keywords with annotations, which suites are checked against."""
    if is_ray(subject.cls):
        raise NotApplicable("options of Ray's own kind are passed on as they are")
    init = inspect.signature(subject.cls.__init__)  # type: ignore[misc]
    named = []
    for option in list(init.parameters.values())[1:]:
        if option.name in GIVEN and subject.entry.kind == "searcher":
            continue
        if option.kind in (option.VAR_POSITIONAL, option.VAR_KEYWORD):
            if subject.cls.__init__ is object.__init__:  # type: ignore[misc]
                continue
            raise Misbehaved(f"__init__ takes {option}; name every option, so that suites can")
        if option.kind is not option.KEYWORD_ONLY:
            raise Misbehaved(f"{option.name!r} is no keyword; put it behind a `*` in __init__")
        if option.annotation is option.empty:
            raise Misbehaved(f"{option.name!r} has no annotation; give it one, like `: float`")
        named.append(option.name)
    return ", ".join(named)


def leaves_other_cells_alone(subject: PluginSubject) -> None:
    """A cell of other plugins has the same result in this process as in a fresh one."""
    from hpobench.testing.sentinel import check_sentinel

    subject.exercise()
    check_sentinel()

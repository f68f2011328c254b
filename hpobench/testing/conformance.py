"""The checks of the plugins in a file, or of a plugin that is known by its name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench.contract.cell import Kind
from hpobench.contract.errors import NotAvailableError, UnknownNameError
from hpobench.plugins.registry import Entry, Registry
from hpobench.testing.plugin_check import Check, ref_of

_KINDS: tuple[Kind, ...] = ("searcher", "scheduler", "problem")


def checks(
    plugin: Path | str,
    *,
    only: str | None = None,
    options: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    patience: float = 10.0,
) -> list[Check]:
    """The checks of ``plugin``; calling a check runs it.

    ``plugin``: a file, or the name of a plugin that is shipped or installed. ``only``: the name
    of one plugin in the file. ``options``: the options of the plugins; a required one that is not
    given is that of a problem family's first member, or takes its first choice.
    ``folder``: where relative paths among the options start; by default the working folder.
    ``patience``: seconds for which one run of a searcher goes on asking.

    Raises :class:`UsageError` for a file without plugins and for options that do not fit, and
    :class:`NotAvailableError` for what cannot run here.
    """
    return [
        check
        for entry in entries(plugin, only)
        for check in checks_of(entry, options or {}, folder or Path(), patience=patience)
    ]


def entries(plugin: Path | str, only: str | None = None) -> list[Entry]:
    """The plugins in a file, or those with a name; raises :class:`UsageError` if there are none."""
    file = Path(plugin)
    named = file.suffix != ".py" and not file.exists()
    file = file.resolve()
    registry = Registry() if named else Registry([file])
    known = [entry for kind in _KINDS for entry in registry.entries(kind)]
    inside = [e for e in known if (e.name == str(plugin) if named else e.file == file)]
    if named and not inside:
        raise UnknownNameError("plugin", str(plugin), [entry.name for entry in known])
    found = [entry for entry in inside if only in (None, entry.name)]
    if not found:
        raise UnknownNameError("plugin", str(only), [entry.name for entry in inside])
    return found


def checks_of(
    entry: Entry,
    options: Mapping[str, Any],
    folder: Path,
    *,
    patience: float = 10.0,
    trials: int | None = None,
) -> list[Check]:
    """The checks of one plugin; ``trials`` of each run of a searcher take the place of
    ``patience``."""
    if (reason := entry.missing()) is not None:
        raise NotAvailableError(f"{entry.kind} {entry.name}: {reason}")
    ref = ref_of(entry, options, folder)
    subject: Any
    functions: Sequence[Callable[[Any], str | None]]
    # Imported here because some of them import Ray, which takes seconds.
    if entry.kind == "searcher":
        from hpobench.testing import driving, searcher_rules

        subject = driving.SearcherSubject(entry, ref, patience, trials)
        functions = searcher_rules.CHECKS
    elif entry.kind == "scheduler":
        from hpobench.testing import scheduler_rules

        subject, functions = scheduler_rules.SchedulerSubject(entry, ref), scheduler_rules.CHECKS
    else:
        from hpobench.testing import problem_rules

        subject, functions = problem_rules.ProblemSubject(entry, ref), problem_rules.CHECKS
    checks = []
    for rule in functions:
        name, meaning = rule.__name__.replace("_", " "), (rule.__doc__ or "").partition("\n")[0]
        checks.append(Check(name, meaning, entry.name, functools.partial(rule, subject)))
    return checks

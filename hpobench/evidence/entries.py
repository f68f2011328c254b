"""Names for the archive's searchers and schedulers, as suites and ``SearchCV`` take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hpobench.contract.cell import Kind
from hpobench.contract.errors import NotAvailableError, UnknownNameError, UsageError
from hpobench.evidence.archive import Archive, PluginFacts
from hpobench.evidence.scores import Algorithm
from hpobench.plugins.building import plugin_ref
from hpobench.plugins.registry import Registry

KINDS: tuple[Kind, ...] = ("searcher", "scheduler")
Named = str | dict[str, Any]
"""The name of a plugin, or ``{"name": NAME, option: value}``."""


def named(kind: Kind, facts: PluginFacts) -> Named:
    """The name of a plugin, with those options that differ from the defaults here."""
    try:
        usual = plugin_ref(Registry(), kind, facts.name, {}).options
    except (NotAvailableError, UnknownNameError, UsageError):
        usual = {}
    own = {key: value for key, value in facts.options.items() if usual.get(key) != value}
    return {"name": facts.name, **own} if own else facts.name


def labelled(label: str, entry: Named) -> Named:
    """``entry`` in a suite, under its ``label``."""
    name, options = split(entry)
    return name if not options and name == label else {"name": name, "as": label, **options}


def split(entry: Named) -> tuple[str, Mapping[str, Any]]:
    """The name of a plugin and its options."""
    if isinstance(entry, str):
        return entry, {}
    return entry["name"], {key: value for key, value in entry.items() if key != "name"}


def suite_keys(archive: Archive, algorithms: Sequence[Algorithm]) -> dict[str, Any]:
    """The keys of a suite that runs ``algorithms``, which are labels of the archive or names."""

    def entries(kind: Kind, known: Mapping[str, PluginFacts]) -> list[Named]:
        labels = dict.fromkeys(getattr(algorithm, kind) for algorithm in algorithms)
        return [labelled(x, named(kind, known[x])) if x in known else x for x in labels]

    return {
        "searchers": entries("searcher", archive.searchers),
        "schedulers": entries("scheduler", archive.schedulers),
        "only": [f"{algorithm.searcher}/{algorithm.scheduler}/*" for algorithm in algorithms],
    }


def ready(archive: Archive, registry: Registry) -> tuple[set[str], set[str]]:
    """The labels of the searchers and of the schedulers that run here without installing more."""
    entries = (registry.entries(kind) for kind in KINDS)
    searchers, schedulers = ({e.name for e in found if e.ready} for found in entries)
    return (
        {label for label, facts in archive.searchers.items() if facts.name in searchers},
        {label for label, facts in archive.schedulers.items() if facts.name in schedulers},
    )


def problems_at_hand(archive: Archive, registry: Registry) -> list[str]:
    """The problems of the archive whose libraries and data are here."""
    names = {facts.name for facts in archive.problems.values()}
    runs = {e.name for e in registry.entries("problem") if e.name in names and e.missing() is None}
    return [label for label, facts in archive.problems.items() if facts.name in runs]

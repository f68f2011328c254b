"""The union of resolved suites.

Its searchers, schedulers, problems and seeds are those of all suites. Everything else must be the
same in all of them, because cells that ran otherwise do not compare; only the name and the
description may differ, and those of the first suite are kept. A label must mean the same
everywhere, and one plugin with the same options must have one label.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from hpobench.contract.errors import UsageError

LISTS = ("searchers", "schedulers", "problems")
_FREE = {"name", "description", "seeds", *LISTS}
"""The keys in which suites may differ."""

Named: TypeAlias = tuple[str, Mapping[str, Any]]
"""A suite, or an entry of one, and where it is from."""


def union(suites: Sequence[Named]) -> dict[str, Any]:
    """The union of ``suites``; raises :class:`UsageError` with the key in which they differ."""
    first, suite = suites[0]
    for other, differing in suites[1:]:
        for key in _differences(suite, differing):
            if key not in _FREE:
                raise UsageError(
                    f"{first} and {other}: {key!r} is not the same: "
                    f"{_values(suite, differing, key)}; only searchers, schedulers, problems and "
                    "seeds may differ"
                )
    seeds = sorted({seed for _, one in suites for seed in one["seeds"]})
    return {**suite, **{name: _entries(name, suites) for name in LISTS}, "seeds": seeds}


def _entries(name: str, suites: Sequence[Named]) -> list[Mapping[str, Any]]:
    """The entries of all suites in the list ``name``."""
    labels: dict[str, Named] = {}
    twins: dict[str, Named] = {}
    for place, suite in suites:
        for entry in suite[name]:
            first, known = labels.setdefault(entry["as"], (place, entry))
            for key in _differences(known, entry):
                raise UsageError(
                    f"{first} and {place}: {name}: {entry['as']!r} is not the same: {key!r} is "
                    f"{_values(known, entry, key)}; give one of them another label ('as:')"
                )
            content = {key: entry[key] for key in sorted(entry) if key != "as"}
            first, twin = twins.setdefault(json.dumps(content), (place, entry))
            if twin["as"] != entry["as"]:
                raise UsageError(
                    f"{first} and {place}: {name}: {twin['as']!r} and {entry['as']!r} are the "
                    "same; give them one label ('as:')"
                )
    return [entry for _, entry in labels.values()]


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """The keys whose values differ. The order inside a value counts, which may be a space's."""
    for key in sorted(one.keys() | other.keys()):
        if json.dumps(one.get(key)) != json.dumps(other.get(key)):
            yield key


def _values(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> str:
    return " and ".join(f"{found.get(key)!r:.80}" for found in (one, other))

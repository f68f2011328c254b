"""Algorithms that differ only in what a suite gave their searchers, such as a start."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.core.curves import Algorithm
from hpobench.plugins.starting.suite_keys import KEYS


class GivenPair(NamedTuple):
    """An algorithm, and the same one without what its searcher was given."""

    algorithm: Algorithm
    plain: Algorithm
    value: str
    """What was given, as labels show it: ``portfolio-5``."""


def given_pairs(
    algorithms: tuple[Algorithm, ...], cells: pd.DataFrame, key: str
) -> list[GivenPair]:
    """The pairs among ``algorithms`` that differ in ``key`` alone, in their order.

    What a searcher was given stands in the specification of its ``cells``.
    """
    first = cells.drop_duplicates("searcher")
    specs = zip(first["searcher"], first["spec"], strict=True)
    searchers = {str(label): stored_mapping(spec).get("searcher") or {} for label, spec in specs}
    given = {label: searcher.get("given", {}).get(key) for label, searcher in searchers.items()}
    plain = {
        (_without(searchers[a.searcher], key), a.scheduler): a
        for a in algorithms
        if given[a.searcher] is None
    }
    return [
        GivenPair(a, base, KEYS[key].spell(value))
        for a in algorithms
        if (value := given[a.searcher]) is not None
        and (base := plain.get((_without(searchers[a.searcher], key), a.scheduler)))
    ]


def _without(searcher: dict[str, Any], key: str) -> str:
    """The searcher of a specification as text, without what it was given under ``key``.

    Ignores the source hash, which differs between a searcher with and without a start.
    """
    kept = {name: searcher.get(name) for name in ("name", "class", "options")}
    given = {name: value for name, value in searcher.get("given", {}).items() if name != key}
    return json.dumps({**kept, "given": given}, sort_keys=True)

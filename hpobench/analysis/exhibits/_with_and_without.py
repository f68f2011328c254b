"""Algorithms that differ only in what a suite gave their searchers, such as a start."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.core.curves import Algorithm, Comparison
from hpobench.analysis.inference.bootstrap import problem_weights, seed_means, weighted_draws
from hpobench.analysis.inference.families import FEWEST
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Field
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
    others = {}
    for label, searcher in searchers.items():
        # The source hash is left out: it differs between a searcher with and without a start.
        kept = {name: searcher.get(name) for name in ("name", "class", "options")}
        rest = {name: value for name, value in searcher.get("given", {}).items() if name != key}
        others[label] = json.dumps({**kept, "given": rest}, sort_keys=True)
    plain = {(others[a.searcher], a.scheduler): a for a in algorithms if given[a.searcher] is None}
    return [
        GivenPair(a, base, KEYS[key].spell(value))
        for a in algorithms
        if (value := given[a.searcher]) is not None
        and (base := plain.get((others[a.searcher], a.scheduler)))
    ]


def rows_of(pairs: list[GivenPair], comparison: Comparison) -> tuple[list[int], list[int]]:
    """Where the algorithms of ``pairs``, and the plain ones, stand among those compared."""
    place = {algorithm: i for i, algorithm in enumerate(comparison.curves.algorithms)}
    return [place[pair.algorithm] for pair in pairs], [place[pair.plain] for pair in pairs]


def means(
    study: Study, comparison: Comparison, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The mean of ``values`` over problems, shape (algorithms, times), and resampled ones.

    From enough families on, families count alike and are resampled.
    """
    families, settings = study.families_in(comparison), study.settings
    problems = comparison.curves.problems
    if len(families.names) >= FEWEST:
        weights, drawn = families.weights, families.drawn_weights(settings)
    else:
        weights = np.full(len(problems), 1.0 / len(problems))
        drawn = problem_weights(problems, settings)
    mean = np.einsum("apt,p->at", seed_means(values), weights)
    return mean, weighted_draws(values, problems, drawn, settings)


def claim(study: Study, comparison: Comparison) -> str:
    """What differs in the intervals of such means, in sentences with a blank in front; empty where
    there are too few families."""
    families = study.families_in(comparison)
    if len(families.names) < FEWEST:
        return ""
    intervals = phrases.family_interval(study.settings, families)
    return f" Families of problems count alike. In brackets stand {intervals}"


def saved_field(row: pd.Series) -> Field:
    low, high = row["saved_low"], row["saved_high"]
    detail = "" if np.isnan(low) else f"[{low:.0%}, {high:.0%}]"
    return Field(f"{row['saved']:.0%}", detail, key=row["saved"])

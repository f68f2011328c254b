"""The answer read off the report's own tables, the standings and the speed-up, so that the terminal
says what the page says."""

from __future__ import annotations

import math

import numpy as np

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import speedup, standings
from hpobench.analysis.inference.bootstrap import enough_seeds
from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.analysis.study import Study, each_of_several
from hpobench.analysis.text import phrases
from hpobench.contract.errors import TooFewError
from hpobench.contract.wording import SAME
from hpobench.reporting.answer import Answer, Compared, RandomSearch, Ranked, Standing

_MOST_SEEDS = 100


def answer(study: Study) -> Answer:
    """The answer of the results in ``study``."""
    name = study.every.name
    try:
        study.main_comparison()
    except TooFewError as error:
        return Answer(name, (), str(error))
    several = sorted(each_of_several(study), key=lambda one: -int(one.curves.present.sum()))
    return Answer(name, tuple(_compared(study, one) for one in several), None)


def _compared(study: Study, comparison: Comparison) -> Compared:
    curves, table = comparison.curves, study.computed(standings.table, comparison)
    present = curves.present.sum(axis=2)
    enough = enough_seeds(present, study.settings)
    counts = () if enough else range(2, _MOST_SEEDS)
    shape = (1, len(curves.problems))
    needed = (n for n in counts if enough_seeds(np.full(shape, n), study.settings))
    ranked: list[Ranked] = []
    for _, row in table.iterrows():
        standing: Standing = "tied" if enough or row["behind"] <= SAME else "unclear"
        if row["clear"]:
            standing = "behind"
        ranked.append(
            Ranked(
                algorithm=str(row["algorithm"]),
                searcher=str(row["searcher"]),
                scheduler=str(row["scheduler"]),
                standing=standing if ranked else "leads",
                regret=float(row["nr"]),
                low=_finite(row["nr_low"]),
                high=_finite(row["nr_high"]),
                behind=float(row["behind"]),
                behind_low=_finite(row["behind_low"]),
                behind_high=_finite(row["behind_high"]),
                failures=int(row["failures"]),
            )
        )
    return Compared(
        title=comparison.title,
        scope=phrases.suite(curves),
        seeds=int(present.max()),
        seeds_needed=next(needed, None),
        ranked=tuple(ranked),
        random=_random_search(study, comparison, ranked[0].algorithm),
    )


def _random_search(study: Study, comparison: Comparison, leader: str) -> RandomSearch | None:
    """By the harder of the speed-up's targets that the first or random search reaches on most
    problems."""
    table = study.computed(speedup.table, comparison)
    own = table[table["algorithm"] == leader]
    if own.empty or (own["searcher"].iloc[0], own["scheduler"].iloc[0]) == (SEARCHER, SCHEDULER):
        return None
    for tolerance in sorted(own["tolerance"].unique()):
        rows = own[own["tolerance"] == tolerance]
        bounds = rows.loc[rows["problem"].notna(), "bound"]
        if (bounds != "none").mean() > 0.5:
            mean = rows[rows["problem"].isna()].iloc[0]
            return RandomSearch(
                tolerance=float(tolerance),
                times=float(mean["speedup"]),
                low=_finite(mean["low"]),
                high=_finite(mean["high"]),
                exact=bool((bounds == "").all()),
            )
    return None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

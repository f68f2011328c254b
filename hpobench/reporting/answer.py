"""The answer of stored results: who leads, who is tied with it, who is behind.

Everything is read off the report's own tables, the standings and the speed-up, so that the terminal
says what the page says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.exhibits import speedup, standings
from hpobench.analysis.inference.bootstrap import enough_seeds
from hpobench.analysis.settings import SCHEDULER, SEARCHER, Settings
from hpobench.analysis.study import Study, each_of_several
from hpobench.analysis.text import phrases
from hpobench.contract.errors import TooFewError

Standing = Literal["leads", "tied", "behind", "unclear"]
"""Against the first. ``tied``: the interval of the difference includes zero, or there is no
difference. ``unclear``: seeds are too few to say."""

_MOST_SEEDS = 100


@dataclass(frozen=True)
class Ranked:
    """One algorithm's place. Numbers are normalised regrets at the end of the budget, 0 for the
    optimum and 1 for a median random configuration, with the ends of their intervals, which are
    ``None`` where a problem has a single seed."""

    algorithm: str
    searcher: str
    scheduler: str
    standing: Standing
    regret: float
    low: float | None
    high: float | None
    behind: float
    """The difference to the first."""
    behind_low: float | None
    behind_high: float | None
    failures: int
    """Runs that failed, and count as the clip value."""

    @property
    def name(self) -> str:
        """For sentences; the scheduler is left out where there is no other."""
        alone = self.algorithm == self.searcher
        return self.searcher if alone else f"{self.searcher} with {self.scheduler}"

    @property
    def is_baseline(self) -> bool:
        return (self.searcher, self.scheduler) == (SEARCHER, SCHEDULER)


@dataclass(frozen=True)
class RandomSearch:
    """How many times the budget of the first random search needs to come as far."""

    tolerance: float
    """The normalised regret up to which both are timed."""
    times: float
    """The geometric mean over problems of the ratio of expected running times."""
    low: float | None
    high: float | None
    exact: bool
    """Whether both reached it on every problem; else a bound stands for some ratio."""


@dataclass(frozen=True)
class Compared:
    """One fair comparison."""

    title: str
    scope: str
    """How many problems and seeds it is about, in words."""
    seeds: int
    """The most that any algorithm has on a problem."""
    seeds_needed: int | None
    """From how many seeds on something could be called clear; ``None`` where they are enough."""
    ranked: tuple[Ranked, ...]
    """Two or more; the first has the lowest mean regret."""
    random: RandomSearch | None
    """``None`` without random search, or where it leads or hardly any run comes that far."""


@dataclass(frozen=True)
class Answer:
    """What a user wants to know of results."""

    suite: str
    compared: tuple[Compared, ...]
    """The one of most runs first: where some algorithms cannot run everywhere, there is one about
    all problems and one about all algorithms."""
    reason: str | None
    """Why nothing can be compared, or ``None``."""


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
    rows = enumerate(_rows(table))
    return Compared(
        title=comparison.title,
        scope=phrases.suite(curves),
        seeds=int(present.max()),
        seeds_needed=None if enough else _seeds_needed(len(curves.problems), study.settings),
        ranked=tuple(_ranked(row, enough=enough, first=i == 0) for i, row in rows),
        random=_random_search(study, comparison, str(table["algorithm"].iloc[0])),
    )


def _rows(table: pd.DataFrame) -> list[pd.Series]:
    return [row for _, row in table.iterrows()]


def _ranked(row: pd.Series, *, enough: bool, first: bool) -> Ranked:
    return Ranked(
        algorithm=str(row["algorithm"]),
        searcher=str(row["searcher"]),
        scheduler=str(row["scheduler"]),
        standing="leads" if first else _standing(row, enough=enough),
        regret=float(row["nr"]),
        low=_finite(row["nr_low"]),
        high=_finite(row["nr_high"]),
        behind=float(row["behind"]),
        behind_low=_finite(row["behind_low"]),
        behind_high=_finite(row["behind_high"]),
        failures=int(row["failures"]),
    )


def _standing(row: pd.Series, *, enough: bool) -> Standing:
    if row["clear"]:
        return "behind"
    return "tied" if enough or row["behind"] == 0 else "unclear"


def _seeds_needed(problems: int, settings: Settings) -> int | None:
    """The fewest seeds on each of ``problems`` that are enough to call a difference clear."""
    counts = range(2, _MOST_SEEDS)
    return next((n for n in counts if enough_seeds(np.full((1, problems), n), settings)), None)


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

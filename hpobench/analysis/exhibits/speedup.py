"""How much sooner than random search targets are hit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.hits import hitting_times
from hpobench.analysis.core.targets import TOLERANCES, tolerance_targets
from hpobench.analysis.exhibits._by_algorithm import by_algorithm, mean_or_problem
from hpobench.analysis.exhibits._room import first_problems
from hpobench.analysis.inference.ert import spending
from hpobench.analysis.inference.ert_ratio import ert_ratios
from hpobench.analysis.settings import SCHEDULER, SEARCHER
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Grid

TITLE = "Speed-up"
STEM = "speedup"
SHOWS = (
    "How many times sooner than random search an algorithm reaches a goal, a regret (nr). Above 1 "
    "is faster."
)
TAB = "curves"

COLUMNS = ["tolerance", "problem", "algorithm", "searcher", "scheduler", "ert", "random_ert"]
COLUMNS += ["hits", "random_hits", "speedup", "low", "high", "bound"]


def subjects(study: Study) -> list[Comparison]:
    """Every comparison with random search in it."""
    return [one for one in study.shown if len(study.computed(table, one))]


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """``ERT_random / ERT_a`` to each of the targets
    :data:`~hpobench.analysis.core.targets.TOLERANCES`, with its interval.

    Without random search there are no rows. Columns as :data:`COLUMNS`; ``hits`` are runs. Rows,
    means and bounds as :func:`hpobench.analysis.inference.ert_ratio.ert_ratios` has them. Where
    neither hits neither is faster: 1, ``none``.
    """
    curves = comparison.curves
    pairs = [(a.searcher, a.scheduler) for a in curves.algorithms]
    if (SEARCHER, SCHEDULER) not in pairs:
        return pd.DataFrame(columns=COLUMNS)
    hits = hitting_times(study.runs, curves, tolerance_targets(curves, TOLERANCES))
    spent, hit = spending(hits)
    frames = [
        ert_ratios(
            curves.algorithms,
            curves.problems,
            spent[..., t],
            hit[..., t],
            baseline=np.full(len(pairs), pairs.index((SEARCHER, SCHEDULER))),
            horizon=curves.horizon,
            undecided=0.0,
            settings=study.settings,
        ).assign(tolerance=tolerance)
        for t, tolerance in enumerate(TOLERANCES)
    ]
    names = {"base_ert": "random_ert", "base_hits": "random_hits", "ratio": "speedup"}
    found = pd.concat(frames, ignore_index=True).rename(columns=names)
    return found.astype({"hits": np.int64, "random_hits": np.int64})[COLUMNS]


def caption(_study: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves = comparison.curves
    levels = " and ".join(f"{t:g}" for t in TOLERANCES)
    return (
        f"The expected running time of {SEARCHER} under {SCHEDULER} over the algorithm's, to "
        f"normalised regrets of {levels}. Expected running time: what all runs spent up to their "
        "hit or their end, over the number of hits. Mean: geometric, over "
        f"{phrases.suite(curves)}. Without a hit the time of all runs, and at least one budget, "
        "stands for it; so the speed-up is at most (<=) what is shown where random search alone "
        "hits, and at least (>=) where it alone does not. Where neither hits it counts as 1 in "
        f"the mean.{phrases.misses(curves)}{first_problems(table)[1]}"
    )


def grid(table: pd.DataFrame) -> Grid:
    """A column for the mean and each problem, at each target."""
    columns = mean_or_problem(table) + table["tolerance"].map(", nr {:g}".format)
    return by_algorithm(table.assign(column=columns), "speedup")

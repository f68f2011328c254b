"""Quality against total time: the clock of the trials and the thinking of the searcher.

A searcher that needs few trials, but long to choose them, leads over the clock alone and may not
lead here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import curve_frame, suite_mean
from hpobench.analysis.settings import BoolArray, FloatArray
from hpobench.analysis.study import Study, each_of_families
from hpobench.analysis.text import phrases

TITLE = "Quality against total time"
STEM = "total_time"
SHOWS = (
    "How much regret is left, counting the time that the search itself takes to choose. Lower is "
    "better; the broad grey line is the best at each time."
)
TAB = "curves"

_SHARES = (0.01, 0.1, 0.5, 1.0)
"""Of the total time of the longest run: where the caption names who leads."""


def subjects(study: Study) -> list[Comparison]:
    """The comparisons on several families, if thinking was measured."""
    return each_of_families(study) if study.knows_trials else []


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Mean ``nr`` over problems, with its interval, at each share of the total time of the
    problem's longest run.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`, and ``front``: whether no
    algorithm has a lower mean at that time. Of several that are level the one that led before does,
    and none where all are level.
    """
    other = study.under(replace(study.settings, axis="time+thinking"))
    curves = next(c.curves for c in other.comparisons if c.title == comparison.title)
    found = suite_mean(normalised(curves), curves.problems, other.settings)
    return curve_frame(curves, curves.share, found).assign(front=_front(found.estimate).ravel())


def _front(estimate: FloatArray) -> BoolArray:
    """Who leads at each time; shape (algorithms, times) like ``estimate``."""
    front = np.zeros(estimate.shape, dtype=bool)
    holder = 0
    for t, now in enumerate(estimate.T):
        if now[holder] > now.min():
            holder = int(np.argmin(now))
        front[holder, t] = now.min() < now.max()
    return front


def caption(_: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves, leaders = comparison.curves, ""
    front = table[table["front"]].sort_values("at", kind="stable")
    reached = [(share, front[front["at"] <= share]["algorithm"]) for share in _SHARES]
    if names := [f"{found.iloc[-1]} at {share:.0%}" for share, found in reached if len(found)]:
        leaders = f" On the grey line: {', '.join(names)} of the longest run's."
    return (
        f"A curve is the mean normalised regret of {phrases.algorithms(curves)} over "
        f"{phrases.suite(curves)}. Total time is what the trials took on the run's clock and what "
        "the searcher thought, in wall time, one after the other; the axis is a share of the "
        f"longest run's.{leaders}{phrases.failures(curves)}"
    )


alt = phrases.curves_of("mean normalised regret over total time")


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Lines:
    return Lines(
        styles=study.styles,
        x=x_axis(table, "Total time as a share of the longest run's", percent=True),
        y=y_axis(table, "Mean normalised regret", log=True),
        front=True,
    )

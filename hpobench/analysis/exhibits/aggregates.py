"""Final scores of all runs as one number, in four ways.

Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Axis, Choice, Dots
from hpobench.analysis.inference.bootstrap import (
    interval_valid,
    percentile_interval,
    resampled_means,
    seed_means,
    suite_iqm,
    suite_mean,
)
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases

TITLE = "Aggregates"
STEM = "aggregates"
SHOWS = "The regret that is left at the end, averaged in four ways. Further left is better."
TAB = "answer"

GAMMA = 0.99
"""The score, ``1 - nr``, that is good enough for the optimality gap: with 1, the best there is,
the gap would be the mean."""
_TITLES = {
    "IQM": "IQM",
    "mean": "Mean",
    "median": "Median",
    "optimality gap": f"Optimality gap, \u03b3 = {GAMMA:g}",
}

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Aggregates of final ``nr``, lower is better, with stratified bootstrap intervals.

    Columns ``aggregate, algorithm, searcher, scheduler, estimate, low, high``, the best by IQM
    first. ``IQM``: interquartile mean over all runs. ``mean`` and ``median``: over problems, of
    means over seeds. ``optimality gap``: ``gamma - E[min(score, gamma)]`` with score ``1 - nr`` and
    gamma :data:`GAMMA`: by how much runs fall short of a score that is good enough.

    For the IQM and the median problems are fixed, also under ``resample_problems``.
    """
    curves, settings, problems = comparison.curves, study.settings, comparison.curves.problems
    nr = normalised(curves)[..., -1:]
    drawn = [resampled_means(nr[:, p], name, settings) for p, name in enumerate(problems)]
    median = percentile_interval(
        np.median(seed_means(nr), axis=1),
        np.median(np.stack(drawn), axis=0),
        settings.level,
        interval_valid(nr)[:, None],
    )
    found = {
        "IQM": suite_iqm(nr[..., 0], problems, settings),
        "mean": suite_mean(nr, problems, settings),
        "median": median,
        "optimality gap": suite_mean(np.maximum(nr - (1 - GAMMA), 0.0), problems, settings),
    }
    order = np.argsort(found["IQM"].estimate, kind="stable")
    frames = []
    for name, interval in found.items():
        estimate, low, high = (part.ravel() for part in interval)
        frame = algorithm_columns(curves.algorithms).assign(estimate=estimate, low=low, high=high)
        frame.insert(0, "aggregate", name)
        frames.append(frame.iloc[order])
    return pd.concat(frames, ignore_index=True)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    fixed = phrases.seeds_alone(study.settings, "For the IQM and the median")
    return (
        f"Final normalised regret of {phrases.algorithms(curves)} over {phrases.suite(curves)}, "
        "lowest IQM first. IQM: mean of the middle half of all runs. Mean and median: over "
        "problems, of the means over seeds. Optimality gap: by how much runs miss, on average, a "
        f"score (1 less the regret) of {GAMMA:g}; better ones earn nothing.{fixed}"
        f"{phrases.failures(curves)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    return f"Intervals of four aggregates of final regrets. {phrases.first_and_last(table)}"


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Dots:
    low, high = float(table["estimate"].min()), float(table["estimate"].max())
    # Logarithmic where that tells the best apart; the estimates set its range, for an interval
    # that reaches 0 has no end there.
    x = Axis("Final normalised regret (lower is better)", low / 1.6, high * 1.4, "log")
    if not 0 < 10 * low < high:
        ends = table[["estimate", "low", "high"]].to_numpy(np.float64)
        low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
        margin = 0.05 * (high - low) or 0.05
        x = x._replace(low=low - margin, high=high + margin, scale="linear")
    options = tuple((label, name) for name, label in _TITLES.items())
    return Dots(
        styles=study.styles,
        names=tuple(table["algorithm"].unique()),
        x=x,
        choice=Choice("aggregate", "Average", options),
    )

"""How often an algorithm is fast, and how often it ends well: performance profile and scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, Curves
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.core.targets import tolerance_targets
from hpobench.analysis.figures import Axis, Choice, Lines, Views, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import (
    curve_frame,
    interval_valid,
    percentile_interval,
    problem_weights,
    suite_mean,
)
from hpobench.analysis.inference.ert import ert, resampled_spending, time_per_hit
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases

TITLE = "Performance profile and scores"
STEM = "profile"
SHOWS = (
    "How often an algorithm is about as fast as the fastest, and how often its runs end well. "
    "Higher is better in both."
)
TAB = "curves"

TOLERANCE = 0.1
"""The performance profile's target, as ``nr``: the loosest of Moré and Wild's tolerances, since
budgets of hyper-parameter optimisation are small."""
NEAREST = 1e-4  # the score distribution ends this far from a perfect score

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The performance profile and the score distribution, with their intervals.

    Columns ``view``, then those of :func:`hpobench.analysis.inference.bootstrap.curve_frame`.
    ``performance``: the share of problems on which the algorithm's ERT to ``nr`` =
    :data:`TOLERANCE` is at most ``at`` times the least of all (Dolan and Moré, Benchmarking
    optimization software with performance profiles, 2002); a problem on which nobody gets there
    counts for nobody. ``scores``: the share of runs, problems weighted equally, with a final score
    ``1 - nr`` above ``at`` (Agarwal et al., Deep reinforcement learning at the edge of the
    statistical precipice, 2021).
    """
    curves, settings = comparison.curves, study.settings
    thresholds = 1.0 - np.geomspace(1.0, NEAREST, settings.points)
    score = 1.0 - normalised(curves)[..., -1:]
    above = np.where(np.isnan(score), np.nan, score > thresholds)
    frames = {
        "performance": _performance(curves, study.runs, settings),
        "scores": curve_frame(curves, thresholds, suite_mean(above, curves.problems, settings)),
    }
    for view, frame in frames.items():
        frame.insert(0, "view", view)
    return pd.concat(frames.values(), ignore_index=True)


def _performance(curves: Curves, runs: Runs, settings: Settings) -> pd.DataFrame:
    hits = hitting_times(runs, curves, tolerance_targets(curves, [TOLERANCE]))
    estimate = ert(hits)[..., 0]
    draws = time_per_hit(*resampled_spending(hits, curves.problems, settings))[..., 0]
    # Log-spaced from 1 to beyond the largest ratio of two ERTs on a problem, or to 10.
    solved = np.isfinite(estimate) & (estimate > 0)
    largest = np.max(estimate, axis=0, initial=0.0, where=solved)
    least = np.min(estimate, axis=0, initial=np.inf, where=solved)
    factors = np.geomspace(1.0, max(1.1 * (largest / least).max(), 10.0), settings.points)
    equal = np.full((1, len(curves.problems)), 1.0 / len(curves.problems))
    # All are measured by the fastest: one without spread leaves none with an honest interval.
    valid = np.array(interval_valid(normalised(curves)).all())
    interval = percentile_interval(
        share_within(estimate[None], equal, factors)[0],
        share_within(draws, problem_weights(curves.problems, settings), factors),
        settings.level,
        valid,
    )
    return curve_frame(curves, factors, interval)


def share_within(times: FloatArray, weights: FloatArray, factors: FloatArray) -> FloatArray:
    """The weight of the problems that each algorithm solves within each of ``factors`` times the
    least time.

    ``times`` has shape (repetitions, algorithms, problems), infinite for what is never solved,
    ``weights`` (repetitions, problems); the result (repetitions, algorithms, factors).
    """
    solved = np.isfinite(times)
    least = times.min(axis=1, keepdims=True)
    shares = np.empty((*times.shape[:2], len(factors)))
    for k, factor in enumerate(factors):
        # Not the ratio, which is no number where the least time is zero or infinite.
        within = solved & (times <= factor * least)
        shares[..., k] = np.einsum("rp,rap->ra", weights, within)
    return shares


def caption(_study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        f"{phrases.algorithms(curves)} over {phrases.suite(curves)}. Speed is Dolan and Moré's "
        "performance profile: the share of problems on which the expected running time to a "
        f"normalised regret of {TOLERANCE:g} (time of all runs up to their hit or their end, over "
        "the number of hits) is within a factor of the least. A problem that no run solves counts "
        "for none. Who takes part may change the order of others (Gould and Scott, 2016). Scores: "
        "the share of runs with a final score, 1 - nr, above the value on the axis; problems weigh "
        f"the same.{phrases.failures(curves)}{phrases.misses(curves)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    solved = table[table["view"] == "performance"]
    return f"Curves of the share of problems solved, and of runs by score. {phrases.ends(solved)}"


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Views:
    speed, scores = (table[table["view"] == view] for view in ("performance", "scores"))
    kind = "Time" if study.settings.axis.startswith("time") else "Resource"
    within = x_axis(speed, f"{kind} within so many times the least")._replace(low=0.97)
    above = Axis("Final score, 1 - nr, above", 0.0, 1 - NEAREST, "nines")
    solved = y_axis(speed, "Share of problems solved", percent=True)
    reached = y_axis(scores, "Share of runs", percent=True)
    return Views(
        choice=Choice("view", "Show", (("Speed", "performance"), ("Scores", "scores"))),
        lines=tuple(
            Lines(styles=study.styles, x=x, y=y) for x, y in ((within, solved), (above, reached))
        ),
    )

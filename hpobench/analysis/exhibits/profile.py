"""F5: how often an algorithm is fast, and how often it ends well."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import curve_frame
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.core.targets import tolerance_targets
from hpobench.analysis.inference.bootstrap import (
    interval_valid,
    percentile_interval,
    problem_weights,
    suite_mean,
)
from hpobench.analysis.inference.ert import ert, resampled_spending, time_per_hit
from hpobench.analysis.settings import FloatArray, Settings

TOLERANCE = 0.1
"""The performance profile's target, as ``nr``: the loosest of Moré and Wild's tolerances, since
budgets of hyper-parameter optimisation are small."""
NEAREST = 1e-4
"""The score distribution ends this far from a perfect score."""


def profile(curves: Curves, runs: Runs, settings: Settings) -> pd.DataFrame:
    """The performance profile and the score distribution, with their intervals.

    ``curves`` must be a fair comparison. Columns ``view``, then those of
    :func:`hpobench.analysis.core.frames.curve_frame`. ``performance``: the share of problems on which the
    algorithm's ERT to ``nr`` = :data:`TOLERANCE` is at most ``at`` times the least of all (Dolan
    and Moré, Benchmarking optimization software with performance profiles, 2002); a problem on
    which nobody gets there counts for nobody. ``scores``: the share of runs, problems weighted
    equally, with a final score ``1 - nr`` above ``at`` (Agarwal et al., Deep reinforcement
    learning at the edge of the statistical precipice, 2021).
    """
    frames = {
        "performance": _performance(curves, runs, settings),
        "scores": _scores(curves, settings),
    }
    for view, frame in frames.items():
        frame.insert(0, "view", view)
    return pd.concat(frames.values(), ignore_index=True)


def _performance(curves: Curves, runs: Runs, settings: Settings) -> pd.DataFrame:
    hits = hitting_times(runs, curves, tolerance_targets(curves, [TOLERANCE]))
    estimate = ert(hits)[..., 0]
    draws = time_per_hit(*resampled_spending(hits, curves.problems, settings))[..., 0]
    factors = _factors(estimate, settings.points)
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


def _factors(times: FloatArray, points: int) -> FloatArray:
    """Log-spaced from 1 to beyond the largest ratio of two ERTs on a problem, or to 10."""
    solved = np.isfinite(times) & (times > 0)
    largest = np.max(times, axis=0, initial=0.0, where=solved)
    least = np.min(times, axis=0, initial=np.inf, where=solved)
    return np.geomspace(1.0, max(1.1 * (largest / least).max(), 10.0), points)


def _scores(curves: Curves, settings: Settings) -> pd.DataFrame:
    thresholds = 1.0 - np.geomspace(1.0, NEAREST, settings.points)
    score = 1.0 - normalised(curves)[..., -1:]
    above = np.where(np.isnan(score), np.nan, score > thresholds)
    return curve_frame(curves, thresholds, suite_mean(above, curves.problems, settings))

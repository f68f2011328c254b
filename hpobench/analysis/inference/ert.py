"""Expected running time: what one hit costs when runs are repeated until one succeeds.

The time that all runs spent up to their hit or their end, over the number of hits (Auger and
Hansen, Performance evaluation of an advanced local search evolutionary algorithm, 2005; Hansen et
al., COCO, 2021). A run that failed has spent the time until it failed.
"""

from __future__ import annotations

import numpy as np

from hpobench.analysis.core.hits import Hits
from hpobench.analysis.inference.bootstrap import resampled_means, seed_means
from hpobench.analysis.settings import FloatArray, Settings


def ert(hits: Hits) -> FloatArray:
    """Shape (algorithms, problems, targets), on the axis of the hitting times.

    Infinite without a hit, NaN where there is no run or no such target.
    """
    return time_per_hit(*map(seed_means, spending(hits)))


def spending(hits: Hits) -> tuple[FloatArray, FloatArray]:
    """What each run spent on each target, up to its hit or its end, and 1 for a hit or 0.

    Both of the shape of ``hits.at``; NaN where there is no such run or target.
    """
    hit = np.isfinite(hits.at)
    missing = np.isnan(hits.at)
    spent = np.where(hit, hits.at, hits.end[..., None])
    return np.where(missing, np.nan, spent), np.where(missing, np.nan, hit)


def resampled_spending(
    hits: Hits, problems: tuple[str, ...], settings: Settings
) -> tuple[FloatArray, FloatArray]:
    """Means of :func:`spending` over resampled seeds; each of shape (repetitions, algorithms,
    problems, targets). Every problem has all targets."""
    both = np.concatenate(spending(hits), axis=-1)
    spent, hit = np.split(resampled_seed_means(both, problems, settings), 2, axis=-1)
    return spent, hit


def resampled_seed_means(
    values: FloatArray, problems: tuple[str, ...], settings: Settings
) -> FloatArray:
    """Means over resampled seeds: (algorithms, problems, seeds, n) to (repetitions, algorithms,
    problems, n). Of each run all ``n`` values are there, or none."""
    means = [resampled_means(values[:, p], problem, settings) for p, problem in enumerate(problems)]
    return np.stack(means, axis=2)


def time_per_hit(spent: FloatArray, hit: FloatArray) -> FloatArray:
    """``spent / hit``, infinite where nothing was hit; both are means over the same runs."""
    never = np.where(np.isnan(hit), np.nan, np.inf)
    return np.divide(spent, hit, out=never, where=hit > 0)

"""Ranks of algorithms on each problem, averaged over problems."""

from __future__ import annotations

import numpy as np

from hpobench.stats.bootstrap import (
    Interval,
    interval_valid,
    percentile_interval,
    seed_means,
    suite_draws,
)
from hpobench.stats.settings import FloatArray, Settings


def average_ranks(values: FloatArray) -> FloatArray:
    """Ranks along the second-last axis, 1 for the lowest value; ties share their mean rank.

    Counts who is below and who is equal, which for tens of algorithms and millions of columns
    is much faster than sorting each column.
    """
    ranks = np.empty_like(values)
    for a in range(values.shape[-2]):
        own = values[..., a : a + 1, :]
        below = np.count_nonzero(values < own, axis=-2)
        equal = np.count_nonzero(values == own, axis=-2)
        ranks[..., a, :] = below + (equal + 1) / 2
    return ranks


def suite_ranks(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> Interval:
    """Average rank over problems of the seed means, ranked anew in every bootstrap resample.

    ``values`` has shape (algorithms, problems, seeds, times) and every algorithm has a run on
    every problem; the result has shape (algorithms, times).
    """
    per_problem = np.moveaxis(seed_means(values), 1, 0)
    estimate = average_ranks(per_problem).mean(axis=0)
    draws = suite_draws(values, problems, settings, average_ranks)
    # One algorithm without spread leaves every other's rank without an honest interval.
    valid = np.full((len(values), 1), bool(interval_valid(values).all()))
    return percentile_interval(estimate, draws, settings.level, valid)

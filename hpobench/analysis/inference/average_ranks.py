"""Ranks of algorithms on each problem, averaged over problems."""

from __future__ import annotations

import numpy as np

from hpobench.analysis.inference.bootstrap import (
    ALGORITHMS,
    Interval,
    blocks,
    interval_valid,
    joined,
    percentile_interval,
    problem_weights,
    seed_means,
    weighted_draws,
)
from hpobench.analysis.settings import BoolArray, FloatArray, Settings

BLOCK = 4096
"""Columns that are ranked at a time: as many as a processor's cache holds of tens of algorithms."""
TIMES = 16  # times that hundreds of algorithms are ranked at together
FEW = 64  # algorithms up to which comparing every pair is faster than sorting each column


def average_ranks(values: FloatArray) -> FloatArray:
    """Ranks along the second-last axis, 1 for the lowest value; ties share their mean rank.

    Twice a rank is what it would be among equals, the number of algorithms and one, plus those
    below and less those above. For tens of algorithms and millions of columns, comparing every
    pair is faster than sorting each column; for hundreds it is not. NaN ties with everything.
    """
    by_algorithm = np.moveaxis(values, -2, 0)
    columns = by_algorithm.reshape(len(by_algorithm), -1)
    ranks = np.empty_like(columns)
    for begin in range(0, columns.shape[1], BLOCK):
        block = np.ascontiguousarray(columns[:, begin : begin + BLOCK])
        if len(block) > FEW and not np.isnan(block).any():
            ranks[:, begin : begin + BLOCK] = _sorted_ranks(block)
            continue
        twice = np.full(block.shape, len(block) + 1, np.int32)
        for a, own in enumerate(block):
            others = block[a + 1 :]
            above = (others > own).view(np.int8) - (others < own).view(np.int8)
            twice[a + 1 :] += above
            twice[a] -= above.sum(axis=0, dtype=np.int32)
        ranks[:, begin : begin + BLOCK] = twice / 2
    return np.moveaxis(ranks.reshape(by_algorithm.shape), 0, -2)


def _sorted_ranks(block: FloatArray) -> FloatArray:
    """Ranks along the first axis by sorting, as ``scipy.stats.rankdata`` in less time."""
    columns = np.ascontiguousarray(block.T)
    order = np.argsort(columns, axis=1)
    ordered = np.take_along_axis(columns, order, axis=1)
    place = np.arange(columns.shape[1])
    rises = ordered[:, 1:] != ordered[:, :-1]
    first = np.zeros(columns.shape, np.int64)
    first[:, 1:] = np.where(rises, place[1:], 0)
    last = np.full(columns.shape, place[-1])
    last[:, :-1] = np.where(rises, place[:-1], place[-1])
    np.maximum.accumulate(first, axis=1, out=first)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(columns.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return ranks.T


def suite_ranks(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> Interval:
    """Average rank over problems of the seed means, ranked anew in every bootstrap resample.

    ``values`` has shape (algorithms, problems, seeds, times) and every algorithm has a run on
    every problem; the result has shape (algorithms, times).
    """
    # One algorithm without spread leaves every other's rank without an honest interval.
    valid = np.full((len(values), 1), bool(interval_valid(values).all()))
    # All algorithms are ranked at once, so that with many of them there is room for few times.
    times = values.shape[-1] if len(values) <= ALGORITHMS else TIMES
    return joined(
        [
            _ranks_at(values[..., part], valid, problems, settings)
            for part in blocks(values.shape[-1], times)
        ],
        axis=1,
    )


def _ranks_at(
    values: FloatArray, valid: BoolArray, problems: tuple[str, ...], settings: Settings
) -> Interval:
    per_problem = np.moveaxis(seed_means(values), 1, 0)
    estimate = average_ranks(per_problem).mean(axis=0)
    weights = problem_weights(problems, settings)
    draws = weighted_draws(values, problems, weights, settings, average_ranks)
    return percentile_interval(estimate, draws, settings.level, valid)

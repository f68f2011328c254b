"""Rank correlations of losses with those at the end, with intervals that resample seeds."""

from __future__ import annotations

import numpy as np

from hpobench.analysis.inference.bootstrap import Interval, percentile_interval, seed_counts
from hpobench.analysis.settings import FloatArray, IntArray, Settings

MOST_SEEDS = 32  # coefficients by seed are faster up to about as many seeds; their number is a cube


def rank_correlations(
    losses: FloatArray, seeds: IntArray, problem: str, settings: Settings
) -> Interval:
    """Spearman's rho of every column with the last one, average ranks for ties.

    ``losses`` has shape (trials, columns), ``seeds`` (trials,); the parts of the result
    (columns,). In a resample some trials come several times and ties are ranked anew; yet a
    trial's rank is just the sum, over the seeds drawn, of how many of each seed's trials lie
    below it. So all moments of ranks are cubic in how often each seed is drawn, with coefficients
    that need the trials once.
    """
    labels, origin = np.unique(seeds, return_inverse=True)
    drawn = next(seed_counts(np.ones((1, len(labels)), dtype=bool), problem, settings))[2]
    counts = np.vstack([np.ones_like(drawn[:1]), drawn]).astype(np.float64)
    trials = counts @ np.bincount(origin).astype(np.float64)
    moments = _by_coefficients if len(labels) <= MOST_SEEDS else _ranked_anew
    both, own = (found - trials**3 / 4 for found in moments(losses, origin, counts))
    spread = np.sqrt(own * own[-1])
    rho = np.full(both.shape, np.nan)
    np.divide(both, spread, out=rho, where=spread > 0)
    valid = np.array(len(labels) > 1)
    return percentile_interval(rho[:, 0], rho[:, 1:].T, settings.level, valid)


def _ranked_anew(
    losses: FloatArray, origin: IntArray, counts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What :func:`_by_coefficients` returns, equal to the bit, with the trials of every draw ranked
    once more: its time and memory do not grow with the cube of the number of seeds."""
    values = [np.unique(column, return_inverse=True) for column in losses.T]
    both, own = np.empty((2, len(values), len(counts)))
    for draw, count in enumerate(counts):
        times = count[origin]
        ranks = np.empty((len(values), len(origin)))
        for row, (distinct, place) in zip(ranks, values, strict=True):
            mass = np.bincount(place, times, len(distinct))
            row[:] = (np.cumsum(mass) - mass / 2)[place]
        weighted = ranks * times
        both[:, draw] = (weighted * ranks[-1]).sum(axis=1)
        own[:, draw] = (weighted * ranks).sum(axis=1)
    return both, own


def _by_coefficients(
    losses: FloatArray, origin: IntArray, counts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The sums over all trials of each draw of the product of a column's rank and that in the last
    column, and of the square of the column's rank; both of shape (columns, draws).

    Ranks are less one half. ``counts`` says how often each draw takes each seed, shape (draws,
    seeds).
    """
    below = np.stack([_below(column, origin, counts.shape[1]) for column in losses.T])
    return _moments(below, below[-1:], origin, counts), _moments(below, below, origin, counts)


def _below(values: FloatArray, origin: IntArray, seeds: int) -> FloatArray:
    """How many trials of each seed lie below each trial, ties counted half; (seeds, trials)."""
    ordered = [np.sort(values[origin == seed]) for seed in range(seeds)]
    sides = [[np.searchsorted(x, values, side=side) for x in ordered] for side in ("left", "right")]
    halves: FloatArray = np.mean(sides, axis=0)
    return halves


def _moments(x: FloatArray, y: FloatArray, origin: IntArray, counts: FloatArray) -> FloatArray:
    """Sums over all trials of a draw of the product of two ranks (each less one half).

    ``x`` and ``y`` hold :func:`_below` of each column, ``counts`` how often each draw takes each
    seed, shape (draws, seeds); the result (columns, draws). Halves and their products are exact
    in floating point, so the order of summing does not matter.
    """
    columns, seeds, _ = x.shape
    sums = np.empty((seeds, seeds, seeds, columns))
    for seed in range(seeds):
        own = origin == seed
        sums[..., seed, :] = np.moveaxis(x[..., own] @ np.swapaxes(y[..., own], 1, 2), 0, -1)
    pairs = (counts[:, :, None] * counts[:, None]).reshape(len(counts), -1)
    of_seed = (pairs @ sums.reshape(seeds**2, -1)).reshape(-1, seeds, columns)
    moments: FloatArray = (counts[:, None] @ of_seed)[:, 0].T
    return moments

"""Elo ratings: one number for each algorithm, which say how often it beats each other one.

They maximise the likelihood of Bradley and Terry's model: an algorithm wins against another with
the odds ``10 ** (difference of their ratings / 400)``. No order of games plays a part.
"""

from __future__ import annotations

import numpy as np

from hpobench.analysis.inference.bootstrap import (
    Interval,
    blocks,
    percentile_interval,
)
from hpobench.analysis.inference.families import Families
from hpobench.analysis.settings import FloatArray, Settings

MEAN = 1000.0
"""The mean of all ratings: the model knows differences alone."""
SCALE = 400.0 / np.log(10.0)
DIGITS = 6
"""Decimals that are kept: those behind depend on the processor."""
_BLOCK = 2**22
"""Numbers in matrices that are solved at a time."""
_STEP = 2.0
"""The longest step in log odds; a longer one could leap over the maximum and away."""
_MOST_STEPS = 100
"""About ten do."""


def win_totals(values: FloatArray) -> FloatArray:
    """The shares of pairs of runs on each problem that an algorithm wins, by the lower value and
    ties half, summed over all others; shape (algorithms, problems).

    ``values`` has shape (algorithms, problems, seeds), NaN where there is no run; every algorithm
    has one on every problem.
    """
    runs = np.count_nonzero(~np.isnan(values), axis=2)
    totals = np.empty(runs.shape)
    for p in range(runs.shape[1]):
        theirs = values[:, p]
        for a, own in enumerate(theirs):
            mine = own[:, None, None]
            won = np.count_nonzero(mine < theirs, axis=(0, 2))
            won = won + np.count_nonzero(mine == theirs, axis=(0, 2)) / 2
            share = won / (runs[a, p] * runs[:, p])
            totals[a, p] = share.sum() - share[a]
    return totals


def elo(values: FloatArray, families: Families, settings: Settings) -> Interval:
    """The rating of each algorithm, with the interval from resampled families and their problems.

    ``values`` as in :func:`win_totals`. A family counts as one game of each pair, and in one game
    more all pairs tie: else an algorithm that always wins would be infinitely good.
    """
    totals, games = win_totals(values), len(families.names)
    estimate = ratings(games * np.einsum("ap,p->a", totals, families.weights), games)
    drawn = games * np.einsum("ap,rp->ra", totals, families.drawn_weights(settings))
    size = max(_BLOCK // len(values) ** 2, 1)
    draws = np.concatenate([ratings(drawn[part], games) for part in blocks(len(drawn), size)])
    return percentile_interval(estimate, draws, settings.level, np.ones(len(estimate), dtype=bool))


def ratings(wins: FloatArray, games: int) -> FloatArray:
    """The ratings from the games that each algorithm won, in which every pair met ``games`` times
    and tied once more; shape (..., algorithms) like ``wins``.

    By Newton's method: where all pairs meet as often, the likelihood needs the wins alone.
    """
    count = wins.shape[-1]
    wins = wins + (count - 1) / 2
    strength = np.zeros_like(wins)
    for _ in range(_MOST_STEPS):
        odds = 1.0 / (1.0 + np.exp(strength[..., None, :] - strength[..., None]))
        lacking = wins - (games + 1) * (odds.sum(axis=-1) - 0.5)
        slope = (games + 1) * odds * (1.0 - odds)
        # All strengths may move together; a constant makes the matrix regular, and their sum 0.
        curvature = 1.0 - slope
        diagonal = np.arange(count)
        curvature[..., diagonal, diagonal] += slope.sum(axis=-1)
        step = np.linalg.solve(curvature, lacking[..., None])[..., 0]
        strength = strength + np.clip(step, -_STEP, _STEP)
        if np.abs(step).max() < 1e-10:
            break
    found: FloatArray = np.round(MEAN + SCALE * strength, DIGITS)
    return found

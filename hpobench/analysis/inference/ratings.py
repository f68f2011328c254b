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

MEAN = 1000.0  # the mean of all ratings: the model knows differences alone
SCALE = 400.0 / np.log(10.0)
DIGITS = 6  # decimals that are kept: those behind depend on the processor
_BLOCK = 2**22  # numbers in matrices that are solved at a time
_STEP = 2.0  # the longest step in log odds; a longer one could leap over the maximum and away
_MOST_STEPS = 100  # five or so do
_ENOUGH = 1e-6  # a last step: each error is about the square of the one before
_NOTHING = 1e-20  # the square of what a step may lack


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
    games, wins = games + 1, wins + (count - 1) / 2
    share = wins / (games * (count - 1))
    strength = np.log(share / (1.0 - share))  # about half of what it will be
    strength -= strength.mean(axis=-1, keepdims=True)
    for _ in range(_MOST_STEPS):
        power = np.exp(strength)
        odds = power[..., None] / (power[..., None] + power[..., None, :])
        lacking = wins - games * (odds.sum(axis=-1) - 0.5)
        step = _newton_step(games * odds * (1.0 - odds), lacking)
        strength = strength + np.clip(step, -_STEP, _STEP)
        if np.abs(step).max() < _ENOUGH:
            break
    found: FloatArray = np.round(MEAN + SCALE * strength, DIGITS)
    return found


def _newton_step(slope: FloatArray, lacking: FloatArray) -> FloatArray:
    """Solves ``(D - slope) step = lacking``, where D is the diagonal of the sums of ``slope``.

    By conjugate gradients, scaled by D. As pairs of all algorithms meet, few of them do, and unlike
    LAPACK they round alike on any number of threads.
    """
    total = slope.sum(axis=-1)
    step, rest, along = np.zeros_like(lacking), lacking, np.zeros_like(lacking)
    size = np.full((*lacking.shape[:-1], 1), np.inf)
    left = size > _NOTHING
    for _ in range(slope.shape[-1]):
        scaled = rest / total
        size, before = (rest * scaled).sum(axis=-1, keepdims=True), size
        kept = np.divide(size, before, out=np.zeros_like(size), where=left)
        left = size > _NOTHING
        if not left.any():
            break
        along = scaled + kept * along
        turned = total * along - np.einsum("...ij,...j->...i", slope, along)
        # All strengths may move together: with their sum added nothing else solves it.
        turned += along.sum(axis=-1, keepdims=True)
        bend = (along * turned).sum(axis=-1, keepdims=True)
        length = np.divide(size, bend, out=np.zeros_like(size), where=left)
        step, rest = step + length * along, rest - length * turned
    return step

"""Progressive successive halving, as one of Ray's schedulers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hpobench.algorithms.schedulers._promotion import Promotion, Rung

_Matrix = np.ndarray[Any, np.dtype[np.float64]]


class Progressive(Promotion):
    """PASHA (Bohdal et al. 2023): promotion up to a level that rises while rankings are unstable.

    At first trials are promoted up to the second level. Whenever a trial reports at the top level,
    the ranking there is compared with the ranking of the same trials one level below. If a trial
    has left its group, the top rises by a level. A group is all trials whose losses below differ
    by at most epsilon: the ``percentile`` of the distances between trials whose curves cross back
    and forth.
    """

    def __init__(self, *, levels: Sequence[int], factor: float, percentile: float) -> None:
        super().__init__(levels=levels, factor=factor)
        self._percentile = percentile
        self._top = min(1, len(self._rungs))
        self._epsilon = 0.0
        self._curves: list[dict[int, float]] = []
        """By trial, its losses by step."""

    def _observe(self, trial: int, step: int, loss: float) -> None:
        while len(self._curves) <= trial:
            self._curves.append({})
        self._curves[trial][step] = loss

    def _settle(self, level: int) -> None:
        if level != self._top:  # the last level has no rung: from there nothing can rise
            return
        gaps = crossing_gaps(self._curves_above(level))
        if len(gaps):
            self._epsilon = float(np.percentile(gaps, self._percentile))
        if not agree(self._rungs[level], self._rungs[level - 1], self._epsilon):
            self._top += 1

    def _curves_above(self, level: int) -> _Matrix:
        """The losses, by step up to ``level``, of all trials with more steps than the level below.

        Steps that a trial has not made are NaN.
        """
        below, steps = self._levels[level - 1], range(1, self._levels[level] + 1)
        curves = [curve for curve in self._curves if curve and max(curve) > below]
        values = [[curve.get(step, np.nan) for step in steps] for curve in curves]
        return np.array(values, dtype=np.float64)


def agree(top: Rung, below: Rung, epsilon: float) -> bool:
    """Whether the trials at ``top`` have the same ranking ``below``, up to ``epsilon`` there."""
    ranking = [report.trial for report in top.reports if not report.invalid]
    ranked = frozenset(ranking)
    losses = {r.trial: r.loss for r in below.reports if r.trial in ranked and not r.invalid}
    # The reports below are in order, and so are the losses.
    return all(
        losses[trial] == other or abs(losses[trial] - other) <= epsilon
        for trial, other in zip(ranking, losses.values(), strict=True)
    )


def crossing_gaps(curves: _Matrix) -> _Matrix:
    """The distances between curves that cross back and forth, at the last step of both.

    ``curves`` has a row a curve and a column a step, where NaN is a step that was not made. The
    pairs are those with three steps at which one curve is above, below and again above the other,
    the last of which is the last step that both have. An infinite loss counts as no step.
    """
    count = len(curves)
    curves = np.where(np.isfinite(curves), curves, np.nan)
    sign = np.zeros((count, count))
    crossings = np.zeros((count, count), dtype=np.int64)
    gap = np.zeros((count, count))
    for losses in curves.T:
        difference = np.subtract.outer(losses, losses)
        now = np.nan_to_num(np.sign(difference))
        crossings += now * sign < 0
        sign = np.where(now, now, sign)
        gap = np.where(np.isnan(difference), gap, abs(difference))
    noisy: _Matrix = gap[np.triu((crossings > 1) & (gap > 0), 1)]
    return noisy

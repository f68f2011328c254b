"""Paired differences of two results: of everything, of algorithms, and of each on each problem."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.normalise import areas, normalised
from hpobench.analysis.inference.bootstrap import Interval, percentile_interval, resampled_means
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray, Settings

Score = Literal["final", "anytime"]  # a run's last ``nr``, and its mean ``nr`` over log time

ROUNDING = 1e-9
"""Differences in ``nr`` below this are none: another build of a library may round otherwise."""


class Scopes(NamedTuple):
    """What differences are averaged over: everything, each algorithm, and each algorithm on each
    problem. Where two are the same pairs of runs there is only the latter."""

    labels: pd.DataFrame
    """A row each: ``algorithm, problem``, missing where it is all of them."""
    there: BoolArray
    """Shape (cells, seeds): whether there is a pair; a cell is an algorithm on a problem."""
    members: BoolArray
    """Shape (scopes, cells)."""

    @property
    def pairs(self) -> IntArray:
        """Of each cell."""
        counts: IntArray = np.count_nonzero(self.there, axis=1)
        return counts

    @property
    def weights(self) -> FloatArray:
        """Shape (scopes, cells): a scope's cells count alike."""
        weights: FloatArray = self.members / self.members.sum(axis=1, keepdims=True)
        return weights


def scopes(curves: Curves) -> Scopes:
    """The scopes of runs of odd seeds (NEW), each paired with the even seed before (BASE)."""
    there = curves.present[..., ::2] & curves.present[..., 1::2]
    cells = there.any(axis=2)
    a, p = np.nonzero(cells)
    found: dict[bytes, tuple[str | None, str | None, BoolArray]] = {}

    def add(algorithm: str | None, problem: str | None, members: BoolArray) -> None:
        found.pop(members.tobytes(), None)  # to stand where the later of the two does
        found[members.tobytes()] = (algorithm, problem, members)

    add(None, None, np.ones(len(a), dtype=bool))
    for i in np.unique(a):
        add(curves.names[i], None, a == i)
    for i, j in zip(a, p, strict=True):
        add(curves.names[i], curves.problems[j], (a == i) & (p == j))
    names = [row[:2] for row in found.values()]
    labels = pd.DataFrame(names, columns=["algorithm", "problem"], dtype=object)
    return Scopes(labels, there[cells], np.array([row[2] for row in found.values()]))


def effects(
    curves: Curves, over: Scopes, score: Score, settings: Settings
) -> tuple[pd.DataFrame, FloatArray]:
    """Differences NEW - BASE of a score: above 0 NEW is worse.

    The frame has a row a scope: its labels, ``score``; ``pairs`` of runs and how many ``seeds``
    they are of; ``base`` and ``new``, the mean scores; ``estimate, low, high`` of the difference,
    seeds resampled in pairs within every problem; and ``standard_error``. The array, shape
    (seeds, scopes), says what each seed adds to an estimate.
    """
    values = areas(curves) if score == "anytime" else normalised(curves)[..., -1]
    base, new = values[..., ::2], values[..., 1::2]
    difference = _rounded(new - base)
    cells: BoolArray = np.count_nonzero(~np.isnan(difference), axis=2) > 0
    shares = _rounded(_shares(difference[cells], over))
    # As if each seed with a pair added as much as another; NaN with a single one.
    with_pair = (over.members @ over.there).T
    n = with_pair.sum(axis=0)
    off = np.where(with_pair, shares - shares.sum(axis=0) / n, 0.0)
    error: FloatArray = np.full(len(n), np.nan)
    np.divide((off**2).sum(axis=0) * n, n - 1, out=error, where=n > 1)
    frame = over.labels.assign(
        score=score,
        pairs=over.members @ over.pairs,
        seeds=n,
        base=_shares(base[cells], over).sum(axis=0),
        new=_shares(new[cells], over).sum(axis=0),
        **_interval(difference, cells, over, curves.problems, settings)._asdict(),
        standard_error=np.sqrt(error),
    )
    return frame, shares


def _shares(values: FloatArray, over: Scopes) -> FloatArray:
    """What each seed adds to the mean over a scope; shape (seeds, scopes)."""
    each = np.where(over.there, values, 0.0) / over.pairs[:, None]
    shares: FloatArray = np.einsum("sc,ci->is", over.weights, each)
    return shares


def _rounded(difference: FloatArray) -> FloatArray:
    return np.where(np.abs(difference) < ROUNDING, 0.0, difference)


def _interval(
    difference: FloatArray,
    cells: BoolArray,
    over: Scopes,
    problems: tuple[str, ...],
    settings: Settings,
) -> Interval:
    drawn = [
        resampled_means(difference[:, p, :, None], problem, settings)[..., 0]
        for p, problem in enumerate(problems)
    ]
    draws = np.einsum("rc,sc->rs", np.stack(drawn, axis=2)[:, cells], over.weights)
    estimate = _rounded(_shares(difference[cells], over).sum(axis=0))
    several: BoolArray = np.count_nonzero(over.members & (over.pairs < 2), axis=1) == 0
    return percentile_interval(estimate, draws, settings.level, several)

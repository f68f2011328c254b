"""Tests of whether algorithms differ."""

from __future__ import annotations

import functools

import numpy as np

from hpobench.analysis.settings import FloatArray, IntArray

ALPHA = 0.05
EXACT = 12  # pairs up to which all signs are counted
PAIRS = 4096  # of algorithms that are tested together: hundreds make tens of thousands


def holm(p: FloatArray) -> FloatArray:
    """Holm's step-down adjustment of ``p``, one family; NaN stays NaN and is not counted."""
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted


def paired_p(a: FloatArray, b: FloatArray) -> float:
    """Two-sided Wilcoxon signed-rank test of paired scores, NaN where a pair is not complete.

    Pairs without a difference are dropped (Wilcoxon's way); 1 when none is left. With fewer than
    six pairs the result cannot fall below 0.05.
    """
    difference = (a - b)[~np.isnan(a - b)]
    difference = difference[difference != 0]
    if not len(difference):
        return 1.0
    # SciPy gives the same p-values for small samples, but where magnitudes tie it takes 80 ms for
    # ten pairs and 400 ms for twelve; counting all signs takes less than 1 ms, ties or not.
    from scipy import stats  # here, because processes that only draw import this module too

    if len(difference) > EXACT:
        return float(stats.wilcoxon(difference).pvalue)
    ranks = stats.rankdata(np.abs(difference))
    null = _null(tuple(sorted(ranks.tolist())))
    observed = abs(np.sign(difference) @ ranks)
    return float(len(null) - np.searchsorted(null, observed - 1e-9)) / len(null)


def paired_ps(scores: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    """:func:`paired_p` of the rows ``a`` and ``b`` of ``scores``, pair by pair.

    A test takes SciPy a millisecond, and a thousand tests at once hardly longer. Those without
    ties or gaps go together: SciPy then chooses the same method as for each alone.
    """
    p = np.empty(len(a))
    for begin in range(0, len(a), PAIRS):
        part = slice(begin, begin + PAIRS)
        difference = scores[a[part]] - scores[b[part]]
        sizes = np.sort(np.abs(difference), axis=1)
        plain = (np.diff(sizes, axis=1) > 0).all(axis=1) & (sizes[:, 0] > 0)
        if plain.any() and difference.shape[1] > EXACT:
            from scipy import stats

            p[part][plain] = stats.wilcoxon(difference[plain], axis=1).pvalue
        elif plain.any():
            own = difference[plain]
            ranks = np.argsort(np.argsort(np.abs(own), axis=1), axis=1) + 1.0
            null = _null(tuple(range(1, own.shape[1] + 1)))
            observed = np.abs((np.sign(own) * ranks).sum(axis=1))
            p[part][plain] = (len(null) - np.searchsorted(null, observed - 1e-9)) / len(null)
        for i in np.flatnonzero(~plain):
            p[begin + i] = paired_p(scores[a[begin + i]], scores[b[begin + i]])
    return p


@functools.lru_cache(maxsize=256)
def _null(ranks: tuple[float, ...]) -> FloatArray:
    """The sum of ``ranks`` under all sign patterns, without its own sign, sorted. Many pairs share
    one: without ties the ranks of so many differences are always the same."""
    n = len(ranks)
    signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    null: FloatArray = np.sort(np.abs(signs @ np.array(ranks)))
    return null


def p_against_best(scores: FloatArray, best: int) -> FloatArray:
    """Holm-adjusted p of each algorithm against the best one on one problem.

    ``scores`` has shape (algorithms, seeds), NaN for seeds that were not run; the result
    (algorithms,) is NaN for the best itself and for algorithms without a run.
    """
    p = np.full(len(scores), np.nan)
    for a, row in enumerate(scores):
        if a != best and not np.isnan(row).all():
            p[a] = paired_p(row, scores[best])
    return holm(p)

"""Tests of whether algorithms differ."""

from __future__ import annotations

import numpy as np

from hpobench.analysis.settings import FloatArray

ALPHA = 0.05


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
    if len(difference) <= 12:
        return _all_signs(difference)
    from scipy import stats  # here, because processes that only draw import this module too

    return float(stats.wilcoxon(difference).pvalue)


def _all_signs(difference: FloatArray) -> float:
    """The exact signed-rank p-value: the share of all sign patterns at least as lopsided."""
    from scipy import stats

    n = len(difference)
    ranks = stats.rankdata(np.abs(difference))
    signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    null = np.abs(signs @ ranks)
    observed = abs(np.sign(difference) @ ranks)
    return float(np.mean(null >= observed - 1e-9))


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

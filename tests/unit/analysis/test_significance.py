from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.inference.significance import holm, p_against_best, paired_p


def test_holm_by_hand() -> None:
    # Sorted: 0.01 * 3, max(0.03, 0.02 * 2), max(0.04, 0.4).
    assert holm(np.array([0.4, 0.01, 0.02])).tolist() == [0.4, 0.03, 0.04]
    assert holm(np.array([0.03, 0.03])).tolist() == [0.06, 0.06]
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_holm_leaves_out_what_was_not_tested() -> None:
    found = holm(np.array([np.nan, 0.01, 0.5]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [0.02, 0.5]


@pytest.mark.parametrize("n", [3, 8, 12, 25])
def test_the_exact_signed_rank_test(n: int) -> None:
    a, b = np.random.default_rng(n).normal(size=(2, n))
    assert paired_p(a, b) == pytest.approx(stats.wilcoxon(a, b, method="exact").pvalue)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_the_exact_signed_rank_test_with_ties_and_zeros(n: int) -> None:
    """SciPy's permutation test is exact here: it goes through all sign patterns."""
    rng = np.random.default_rng(n)
    for _ in range(5):
        difference = np.append(rng.integers(-3, 5, n), [0, 1])
        expected = stats.wilcoxon(difference, method=stats.PermutationMethod()).pvalue
        assert paired_p(difference, np.zeros(n + 2)) == pytest.approx(expected, abs=1e-12)


def test_all_pairs_one_way() -> None:
    assert paired_p(np.arange(10.0) + 1, np.arange(10.0)) == pytest.approx(2 / 2**10)
    assert paired_p(np.arange(5.0) + 1, np.arange(5.0)) == pytest.approx(2 / 2**5)


def test_equal_and_incomplete_pairs() -> None:
    a = np.array([1.0, 2.0, np.nan])
    assert paired_p(a, a) == 1.0
    assert paired_p(a, np.array([1.0, 3.0, 9.0])) == 1.0  # one pair differs: both signs are alike


def test_against_the_best() -> None:
    rng = np.random.default_rng(0)
    best = rng.normal(size=10)
    scores = np.stack([best + 1, best, best + rng.normal(0, 0.1, 10), np.full(10, np.nan)])
    p = p_against_best(scores, 1)
    assert p[0] == pytest.approx(2 * 2 / 2**10)
    assert p[2] > 0.05
    assert np.isnan(p[[1, 3]]).all()

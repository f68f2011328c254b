"""Friedman, Nemenyi and the groups, against SciPy, printed tables and enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.inference.average_ranks import average_ranks
from hpobench.analysis.inference.rank_tests import (
    SHARES,
    friedman,
    iman_davenport,
    maximal_cliques,
    nemenyi_difference,
    rank_tests,
)
from hpobench.analysis.inference.significance import holm, paired_p, paired_ps
from hpobench.contract.errors import TooFewError
from tests.support.curves_factory import curves_of, made_nr

DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],  # printed alike, ranked 2 and 3
        [0.957, 0.978, 0.946, 0.970],
    ]
).T
"""Areas under the curve of four trees on 14 data sets: Demsar 2006, Table 6."""


def test_demsars_worked_example() -> None:
    ranks = average_ranks(-DEMSAR)
    assert ranks.mean(axis=1).round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    # He does not correct for ties; we do, like SciPy, and that adds a tenth here.
    chi2 = 12 * 14 / (4 * 5) * ((ranks.mean(axis=1) ** 2).sum() - 4 * 5**2 / 4)
    assert chi2 == pytest.approx(9.28, abs=0.005)
    assert iman_davenport(chi2, 14, 4) == pytest.approx(3.69, abs=0.005)
    f, _ = friedman(ranks)
    assert f == pytest.approx(iman_davenport(stats.friedmanchisquare(*DEMSAR).statistic, 14, 4))
    assert nemenyi_difference(14, 4) == pytest.approx(1.25, abs=0.005)


def test_demsars_pairs() -> None:
    """With a critical difference of 1.25 no two of the four trees, at most 1.18 apart, differ."""
    found = rank_tests(curves_of(1 - DEMSAR[..., None]), "nemenyi")
    assert not found.pairs["apart"].any()
    assert set(found.ranks["groups"]) == {"1"}
    assert found.ranks["critical_difference"].round(2).eq(1.25).all()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("k", "n"), [(3, 5), (4, 30), (39, 12)])
def test_friedman_is_scipys_in_the_f_form(k: int, n: int, ties: bool) -> None:
    rng = np.random.default_rng([k, n])
    values = rng.integers(0, 5, (k, n)).astype(float) if ties else rng.normal(size=(k, n))
    values += np.arange(k)[:, None] / k
    values = np.round(values) if ties else values
    chi2 = stats.friedmanchisquare(*values).statistic
    expected = (n - 1) * chi2 / (n * (k - 1) - chi2)
    f, p = friedman(average_ranks(values))
    assert f == pytest.approx(expected)
    assert p == pytest.approx(stats.f.sf(expected, k - 1, (k - 1) * (n - 1)))


def test_the_f_form_is_the_analysis_of_variance_of_ranks() -> None:
    """Where there is no tie: algorithms against residuals, problems taken out."""
    ranks = average_ranks(np.random.default_rng(1).normal(size=(5, 9)))
    effect = ranks.mean(axis=1, keepdims=True)
    between = 9 * ((effect - 3) ** 2).sum() / 4
    rest = ((ranks - effect) ** 2).sum() / (4 * 8)
    assert friedman(ranks)[0] == pytest.approx(between / rest)


@pytest.mark.parametrize(("k", "n"), [(3, 7), (4, 49), (11, 10), (39, 13)])
def test_perfect_agreement_and_none_at_all(k: int, n: int) -> None:
    assert friedman(np.tile(np.arange(1.0, k + 1)[:, None], n)) == (np.inf, 0.0)
    assert friedman(np.full((k, n), (k + 1) / 2)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("k", "q"),
    [*enumerate([1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164], start=2)],
)
def test_nemenyis_printed_table(k: int, q: float) -> None:
    """Demsar 2006, Table 5(a)."""
    assert nemenyi_difference(20, k) == pytest.approx(q * np.sqrt(k * (k + 1) / 120), rel=4e-4)


def test_nemenyi_tells_apart_what_differs_by_the_critical_difference() -> None:
    found = rank_tests(curves_of(made_nr(12, 15, 3)), "nemenyi")
    far = found.pairs["difference"].abs() > nemenyi_difference(15, 12)
    assert 0 < far.sum() < len(far)
    assert (found.pairs["apart"] == far).all()
    # For two algorithms the studentized range is that of a normal deviate.
    assert stats.studentized_range.sf(1.96 * 2**0.5, 2, np.inf) == pytest.approx(0.05, abs=1e-4)


def brute_force_cliques(alike: np.ndarray) -> list[tuple[int, ...]]:
    n = len(alike)
    every = [
        set(c)
        for size in range(1, n + 1)
        for c in combinations(range(n), size)
        if all(alike[i, j] for i, j in combinations(c, 2))
    ]
    return sorted(tuple(sorted(c)) for c in every if not any(c < other for other in every))


@pytest.mark.parametrize("density", [0.0, 0.3, 0.6, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 2, 7, 10])
def test_cliques_against_enumeration(n: int, density: float) -> None:
    upper = np.triu(np.random.default_rng(n).random((n, n)) < density, 1)
    alike = upper | upper.T
    assert maximal_cliques(alike) == brute_force_cliques(alike)


def test_pairs_are_scipys_wilcoxon_under_holm() -> None:
    nr = made_nr(5, 14, 3)
    found = rank_tests(curves_of(nr))
    assert found.pairs["share"].unique().tolist() == list(SHARES)
    for i, (_, rows) in enumerate(found.pairs.groupby("share")):
        medians = np.median(nr[..., i], axis=2)
        assert list(zip(rows["a"], rows["b"], strict=True)) == [
            (f"a{a}", f"a{b}") for a, b in combinations(range(5), 2)
        ]
        p = [stats.wilcoxon(medians[a], medians[b]).pvalue for a, b in combinations(range(5), 2)]
        np.testing.assert_allclose(rows["p"], holm(np.array(p)))
        assert (rows["apart"] == (rows["p"] < 0.05)).all()
    assert 0 < found.pairs["apart"].mean() < 1


def test_groups_hold_those_that_are_not_told_apart() -> None:
    found = rank_tests(curves_of(made_nr(18, 20, 3)))
    for share, rows in found.ranks.groupby("share"):
        assert rows["rank"].is_monotonic_increasing
        groups = {a: set(g.split()) for a, g in zip(rows["algorithm"], rows["groups"], strict=True)}
        for pair in found.pairs[found.pairs["share"] == share].itertuples():
            assert bool(groups[pair.a] & groups[pair.b]) != pair.apart


def test_ranks_are_of_the_medians_over_seeds_at_the_shares() -> None:
    nr = made_nr(4, 6, 5)
    nr[0, 0, 1:] = np.nan  # one seed is left
    nr[1, :, 0] = 1.0  # a failed run is the clip value; the median bears it
    ranks = rank_tests(curves_of(nr)).ranks
    for i, (_, rows) in enumerate(ranks.groupby("share")):
        expected = stats.rankdata(np.nanmedian(nr[..., i], axis=2), axis=0).mean(axis=1)
        by_name = rows.set_index("algorithm")["rank"]
        assert by_name[[f"a{a}" for a in range(4)]].tolist() == pytest.approx(expected.tolist())
    assert (ranks["problems"] == 6).all()


def test_no_pair_is_told_apart_where_friedman_does_not_reject() -> None:
    """Two that differ on all of 15 problems, lost among many that are no better or worse."""
    nr = np.random.default_rng(0).uniform(0.2, 1.0, (40, 15, 1))
    nr[1] = nr[0] + np.linspace(0.001, 0.002, 15)[:, None]
    found = rank_tests(curves_of(nr))
    assert (found.ranks["p"] > 0.05).all()
    assert (found.pairs["p"] < 0.05).any()
    assert not found.pairs["apart"].any()
    same = rank_tests(curves_of(np.full((3, 5, 2), 0.1)))
    assert (same.ranks["f"] == 0.0).all()
    assert (same.ranks["p"] == 1.0).all()
    assert (same.ranks["groups"] == "1").all()


def test_told_apart_from_all_is_in_no_group() -> None:
    nr = np.random.default_rng(2).uniform(0.4, 0.6, (3, 12, 2))
    nr[1] -= 0.4
    found = rank_tests(curves_of(nr)).ranks
    assert found.loc[found["algorithm"] == "a1", "groups"].eq("").all()
    assert found.loc[found["algorithm"] != "a1", "groups"].eq("1").all()


@pytest.mark.parametrize(
    ("k", "n", "message"),
    [
        (4, 4, "takes 5 problems or more; here are 4"),
        (2, 9, "takes 3 algorithms or more; here are 2"),
        (1, 9, "takes 3 algorithms or more; here is 1"),
        (3, 1, "takes 5 problems or more; here is 1"),
    ],
)
def test_too_few(k: int, n: int, message: str) -> None:
    with pytest.raises(TooFewError, match=message):
        rank_tests(curves_of(made_nr(k, n, 2)))


def test_too_many_groups_are_not_listed() -> None:
    # Ten triples of which no two members are alike: 3^10 groups.
    alike = np.arange(30)[:, None] // 3 != np.arange(30) // 3
    assert maximal_cliques(alike, most=1000) is None
    assert len(maximal_cliques(alike[:9, :9]) or ()) == 27
    assert maximal_cliques(np.ones((600, 600), dtype=bool)) is None


@pytest.mark.parametrize("count", [6, 12, 20])
@pytest.mark.parametrize("digits", [1, 9])
def test_pairs_tested_together_as_each_alone(count: int, digits: int) -> None:
    scores = np.random.default_rng(count).random((8, count)).round(digits)
    a, b = np.array(list(combinations(range(8), 2))).T
    alone = [paired_p(scores[i], scores[j]) for i, j in zip(a, b, strict=True)]
    assert paired_ps(scores, a, b).tolist() == alone

"""Sign flips, against SciPy, by enumeration in loops, and by simulation."""

from __future__ import annotations

from itertools import product
from typing import get_args

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.inference.sign_flip import (
    Alternative,
    critical_value,
    extent,
    max_t,
    scaled,
    smallest_p,
)

ALTERNATIVES = get_args(Alternative)


def made(seeds: int, hypotheses: int, shift: float = 0.4) -> np.ndarray:
    rng = np.random.default_rng([seeds, hypotheses])
    return np.round(rng.normal(shift, 1.0, (seeds, hypotheses)), 1)


def root_scaled(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray(x.sum(axis=axis) / np.sqrt((x**2).sum(axis=axis)))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("seeds", [3, 5, 8, 10])
def test_one_hypothesis_is_scipys(seeds: int, alternative: Alternative) -> None:
    difference = made(seeds, 1)
    theirs = stats.permutation_test(
        (difference[:, 0],),
        root_scaled,
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        alternative=alternative,
    )
    assert max_t(difference, seed=0, alternative=alternative) == pytest.approx(theirs.pvalue)


def by_loops(columns: list[list[float]], alternative: Alternative) -> list[float]:
    """Each hypothesis against the largest of those that are no further than it, all flips."""

    def statistic(values: list[float], flip: tuple[int, ...]) -> float:
        kept = [(v, s) for v, s in zip(values, flip, strict=True) if v == v]
        total = sum(v * s for v, s in kept) / max(sum(v * v for v, _ in kept), 1e-300) ** 0.5
        return float({"two-sided": abs(total), "greater": total, "less": -total}[alternative])

    flips = list(product([1, -1], repeat=len(columns[0])))
    observed = [statistic(c, flips[0]) for c in columns]
    raw = []
    for own in observed:
        others = [c for c, theirs in zip(columns, observed, strict=True) if theirs <= own + 1e-12]
        count = sum(max(statistic(c, f) for c in others) >= own - 1e-9 for f in flips)
        raw.append(count / len(flips))
    # None is less than that of a hypothesis that lies further out.
    return [
        max(p for p, theirs in zip(raw, observed, strict=True) if theirs >= own - 1e-12)
        for own in observed
    ]


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(("seeds", "hypotheses"), [(4, 2), (6, 2), (5, 3), (7, 3)])
def test_few_hypotheses_by_loops(seeds: int, hypotheses: int, alternative: Alternative) -> None:
    differences = made(seeds, hypotheses)
    differences[0, 1] = np.nan
    expected = by_loops(differences.T.tolist(), alternative)
    assert max_t(differences, seed=0, alternative=alternative).tolist() == pytest.approx(expected)


def test_random_flips_come_near_all() -> None:
    differences = made(12, 3)
    exact, drawn = (max_t(differences, seed=3, most=most) for most in (4096, 4000))
    assert drawn == pytest.approx(exact, abs=0.03)
    assert (drawn != exact).any()
    again, other = (max_t(differences, seed=s, most=4000) for s in (3, 4))
    assert (again == drawn).all()
    assert (other != drawn).any()


def test_the_smallest_p() -> None:
    for seeds in range(1, 15):
        certain = np.ones((seeds, 1))
        assert max_t(certain, seed=0) == pytest.approx(smallest_p(seeds), abs=3e-4)
        one_sided = max_t(certain, seed=0, alternative="greater")
        assert one_sided == pytest.approx(smallest_p(seeds, "greater"), abs=2e-4)
    assert smallest_p(5) > 0.05 >= smallest_p(6)
    assert smallest_p(4, "greater") > 0.05 >= smallest_p(5, "greater")
    assert smallest_p(0) == 1.0


def test_nothing_to_see() -> None:
    differences = np.zeros((6, 4))
    differences[:, 1] = np.nan
    differences[:, 2] = [1, 2, 1, 2, 1, 3]
    assert max_t(differences, seed=0).tolist() == [1.0, 1.0, 2 / 64, 1.0]
    for alternative in ALTERNATIVES:
        assert max_t(differences[:, :2], seed=0, alternative=alternative).tolist() == [1.0, 1.0]
    assert max_t(np.zeros((0, 2)), seed=0).tolist() == [1.0, 1.0]
    assert max_t(np.zeros((5, 0)), seed=0).tolist() == []


def test_scales_do_not_matter() -> None:
    differences = made(8, 4)
    p = max_t(differences, seed=0)
    assert (max_t(differences * [1e-200, 1, 1e200, 3e-9], seed=0) == p).all()


def test_equal_columns_count_once() -> None:
    differences = made(8, 1, shift=1.0)
    assert (max_t(np.repeat(differences, 20, axis=1), seed=0) == max_t(differences, seed=0)).all()


def test_family_wise_error_under_partial_nulls() -> None:
    """Heavy tails, dependent columns, missing pairs and three hypotheses that are false: any true
    one is rejected in at most 5 %, and the false ones often."""
    rng = np.random.default_rng(1)
    repetitions, seeds, true = 1500, 8, 6
    wrong = found = 0
    for _ in range(repetitions):
        differences = rng.normal(size=(seeds, true + 3)) + 0.7 * rng.standard_t(3, (seeds, 1))
        differences[:, true:] += 2.5
        differences[rng.random(differences.shape) < 0.05] = np.nan
        rejected = max_t(differences, seed=0, alternative="greater") <= 0.05
        wrong += int(rejected[:true].any())
        found += rejected[true:].sum()
    assert stats.binomtest(wrong, repetitions, 0.05, alternative="greater").pvalue > 0.001
    assert wrong > 0.015 * repetitions  # not merely timid
    assert found > 0.5 * 3 * repetitions


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("seeds", [4, 7, 10])
def test_the_critical_value_parts_rejected_from_kept(seeds: int, alternative: Alternative) -> None:
    """Whatever the last column is, as long as it lies furthest out."""
    others = made(seeds, 3, shift=0.0)
    for alpha in (0.05, 0.2):
        for shift in np.linspace(-6, 6, 41):
            both = np.column_stack([others, made(seeds, 1, shift=shift)])
            reached = extent(scaled(both).sum(axis=0), alternative)
            if reached[-1] < reached.max():
                continue
            least = critical_value(both, alpha, seed=0, alternative=alternative)
            rejected = max_t(both, seed=0, alternative=alternative)[-1] <= alpha
            assert rejected == (reached[-1] > least)
    assert critical_value(others, 0.4**seeds, seed=0) == np.inf

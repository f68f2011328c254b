from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.exhibits import win_matrix
from hpobench.analysis.inference import average_ranks as ranks
from hpobench.analysis.inference.average_ranks import average_ranks, suite_ranks
from hpobench.analysis.inference.bootstrap import (
    iqm,
    resampled_means,
    seed_counts,
    seed_draws,
    seed_means,
    suite_draws,
    suite_iqm,
    suite_mean,
)
from hpobench.analysis.settings import Settings

PQ = ("p", "q")
PROBLEMS = (*PQ, "r")


def test_intervals_cover_the_truth() -> None:
    """Nominal 95 %: over 400 data sets of 20 exponential seeds on three problems."""
    rng = np.random.default_rng(1)
    means = np.array([1.0, 2.0, 5.0])
    data = rng.exponential(means[:, None], size=(400, 3, 20))[..., None]
    found = suite_mean(data, PROBLEMS, Settings(repetitions=1000))
    # Skewed data and few seeds: the percentile interval is known to fall a little short.
    assert 0.89 <= ((found.low <= means.mean()) & (means.mean() <= found.high)).mean() <= 0.97


def test_the_width_is_that_of_the_stratified_mean() -> None:
    rng = np.random.default_rng(2)
    data = rng.normal(size=(1, 3, 40, 1)) + np.array([0.0, 50.0, 900.0])[:, None, None]
    found = suite_mean(data, PROBLEMS, Settings(repetitions=4000))
    # Differences between problems do not widen it.
    error = np.sqrt((data[0, :, :, 0].var(axis=1) / 40).sum()) / 3
    assert (found.high - found.low)[0, 0] == pytest.approx(2 * 1.96 * error, rel=0.06)


def test_resampling_problems_widens() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(size=(1, 3, 10, 1)) + np.array([0.0, 5.0, 9.0])[:, None, None]
    fixed = suite_mean(data, PROBLEMS, Settings())
    new = suite_mean(data, PROBLEMS, Settings(resample_problems=True))
    assert (new.high - new.low)[0, 0] > 3 * (fixed.high - fixed.low)[0, 0]
    assert new.estimate == fixed.estimate


def test_seeded() -> None:
    data = np.random.default_rng(4).normal(size=(2, 3, 6, 5))
    first, again = (suite_mean(data, PROBLEMS, Settings()) for _ in range(2))
    other = suite_mean(data, PROBLEMS, Settings(seed=1))
    np.testing.assert_array_equal(first.low, again.low)
    assert (first.low != other.low).any()


def test_algorithms_share_the_resample() -> None:
    """A constant difference in every seed is a constant difference in every repetition."""
    row = np.random.default_rng(5).normal(size=(1, 8, 3))
    draws = resampled_means(np.concatenate([row, row + 0.5]), "p", Settings(repetitions=200))
    np.testing.assert_allclose(draws[:, 1] - draws[:, 0], 0.5)
    assert draws[:, 0].std() > 0.1


def test_missing_seeds() -> None:
    values = np.arange(24, dtype=float).reshape(2, 1, 6, 2)
    values[1, 0, 4:] = np.nan
    found = suite_mean(values, ("p",), Settings())
    assert found.estimate[1].tolist() == np.nanmean(values[1, 0], axis=0).tolist()
    assert (found.low[1] >= np.nanmin(values[1])).all()
    assert (found.low < found.estimate).all()


def test_a_single_seed_has_no_interval() -> None:
    values = np.random.default_rng(6).normal(size=(2, 1, 5, 1))
    values[0, 0, 1:] = np.nan
    found = suite_mean(values, ("p",), Settings())
    assert np.isnan(found.low[0, 0])
    assert np.isfinite(found.low[1, 0])


@pytest.mark.parametrize("n", [1, 3, 4, 7, 50])
def test_iqm_is_the_trimmed_mean(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(3, n))
    np.testing.assert_allclose(iqm(values), stats.trim_mean(values, 0.25, axis=1))
    pooled = suite_iqm(values[:1, None, :], ("p",), Settings())
    assert pooled.estimate[0] == pytest.approx(stats.trim_mean(values[0], 0.25))


def test_resampled_iqms_are_those_of_the_values_that_were_drawn() -> None:
    settings = Settings(repetitions=50)
    values = np.random.default_rng(1).normal(size=(2, 9)).round(1)  # with ties
    values[1, 6:] = np.nan
    rows = {"p": values[0], "q": values[1, :6]}
    drawn = [row[seed_draws(settings, name, len(row))] for name, row in rows.items()]
    expected = np.quantile(iqm(np.concatenate(drawn, axis=1)), [0.025, 0.975])
    found = suite_iqm(values[None], ("p", "q"), settings)
    assert (found.low[0], found.high[0]) == pytest.approx(tuple(expected))


def test_iqm_ignores_the_extremes() -> None:
    values = np.tile(np.arange(8.0), (1, 2, 1))
    values[0, 0, 7] = 1e9
    found = suite_iqm(values, ("p", "q"), Settings())
    assert found.estimate[0] == pytest.approx(3.5)
    assert found.low[0] < 3.5 < found.high[0] < 8


def test_seed_means_of_nothing_are_missing() -> None:
    values = np.full((1, 2, 3, 1), np.nan)
    values[0, 0, :2, 0] = 1.0, 3.0
    assert seed_means(values)[0, :, 0].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


def test_ranks_share_ties() -> None:
    values = np.random.default_rng(8).integers(0, 4, size=(5, 7, 11)).astype(float)
    np.testing.assert_array_equal(average_ranks(values), stats.rankdata(values, axis=1))
    assert average_ranks(np.array([[2.0], [1.0], [2.0]]))[:, 0].tolist() == [2.5, 1.0, 2.5]


def test_suite_ranks_by_hand() -> None:
    # Problem p: a 1, b 2, c 3. Problem q: a and b tie at 1.5, c 3, whatever is resampled.
    values = np.empty((3, 2, 4, 1))
    values[:, 0, :, 0] = np.array([0.1, 0.2, 0.3])[:, None]
    values[:, 1, :, 0] = np.array([0.5, 0.5, 0.9])[:, None]
    found = suite_ranks(values, ("p", "q"), Settings())
    assert found.estimate[:, 0].tolist() == [1.25, 1.75, 3.0]
    assert found.low[:, 0].tolist() == found.high[:, 0].tolist() == [1.25, 1.75, 3.0]


def test_ranks_are_computed_anew_in_each_resample() -> None:
    """a wins on the average only through one seed; without that seed in the resample b wins."""
    values = np.zeros((2, 1, 4, 1))
    values[0, 0, :, 0] = 0.5, 0.5, 0.5, 0.0
    values[1, 0, :, 0] = 0.4
    found = suite_ranks(values, ("p",), Settings())
    assert found.estimate[:, 0].tolist() == [1.0, 2.0]
    assert (found.low[0, 0], found.high[0, 0]) == (1.0, 2.0)


def test_counts_of_many_seeds_take_little_memory() -> None:
    """Their memory was quadratic in the seeds: 16.8 GiB for 3,000."""
    tracemalloc.start()
    resampled_means(np.random.default_rng(0).random((1, 1500, 1)), "p", Settings(repetitions=200))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6  # 450 MB before


def test_counts_are_those_of_the_draws() -> None:
    settings = Settings(repetitions=50)
    draws = seed_draws(settings, "p", 7)
    counts = next(seed_counts(np.ones((1, 7), dtype=bool), "p", settings))[2]
    assert np.array_equal(counts, [np.bincount(row, minlength=7) for row in draws])


def test_parts_of_many_algorithms_are_what_the_whole_is() -> None:
    values = np.random.default_rng(0).random((70, 3, 4, 20))
    settings = Settings(repetitions=30)
    every = slice(None)
    found = suite_ranks(values, PROBLEMS, settings)
    whole = ranks._ranks_at(values, np.ones((70, 1), dtype=bool), PROBLEMS, settings)
    for one, other in zip(found, whole, strict=True):
        assert np.array_equal(one, other)
    nr = values[..., -1]
    for part in (slice(0, 10), slice(60, 70)):
        own, total = win_matrix._wins(nr, part, PROBLEMS, settings)
        wide, sums = win_matrix._wins(nr, every, PROBLEMS, settings)
        assert np.array_equal(total, sums[part])
        assert np.array_equal(own.low, wide.low[part])


def test_resampled_means_are_those_of_exact_fractions_whatever_the_threads() -> None:
    """Losses from 1e-9 to 1e9 over problems with other numbers of seeds, one algorithm twice."""
    rng = np.random.default_rng(0)
    values = 10.0 ** rng.uniform(-9, 9, size=(1, 2, 6, 3)) * rng.choice([-1, 1], (1, 2, 6, 3))
    values[0, 1, 4:] = np.nan
    settings = Settings(repetitions=20)
    draws = suite_draws(np.concatenate([values, rng.random((9, 2, 6, 3)), values]), PQ, settings)
    assert np.array_equal(draws[:, 0], draws[:, -1])
    taken = [seed_draws(settings, problem, n) for problem, n in (("p", 6), ("q", 4))]
    for repetition, time in np.ndindex(20, 3):
        rows = [[Fraction(x) for x in values[0, p, taken[p][repetition], time]] for p in (0, 1)]
        mean = sum(sum(row) / len(row) for row in rows) / 2
        assert draws[repetition, 0, time] == pytest.approx(float(mean), rel=1e-12, abs=1e-6)


def test_a_mean_is_resampled_once_for_each_distinct_column() -> None:
    values = np.random.default_rng(0).random((3, 2, 5, 4))
    values[1, 1, 3:] = np.nan
    wide, settings = values[..., [0, 0, 1, 2, 2, 2, 3]], Settings(repetitions=30)
    for one, other in zip(
        suite_mean(values, PQ, settings), suite_mean(wide, PQ, settings), strict=True
    ):
        assert np.array_equal(one, other[:, [0, 2, 3, 6]], equal_nan=True)
        assert np.array_equal(one[:, [0, 0, 1, 2, 2, 2, 3]], other, equal_nan=True)


def test_ranks_of_hundreds_of_algorithms_are_those_of_pairs() -> None:
    values = np.round(np.random.default_rng(0).random((3, 90, 4)), 1)
    assert np.array_equal(average_ranks(values), stats.rankdata(values, axis=1))

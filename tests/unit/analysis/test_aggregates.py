"""Aggregates against their definitions, a run at a time, and SciPy's bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.exhibits import aggregates
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import curves_of, made_nr, table_of
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=300)


def naive(nr: np.ndarray) -> dict[str, float]:
    """The four of one algorithm, nr by problem and seed, in terms of scores (higher is better) as
    the paper defines them."""
    scores = 1 - nr
    lowest_half = int(0.25 * scores.size)
    return {
        "IQM": 1 - np.sort(scores.ravel())[lowest_half : scores.size - lowest_half].mean(),
        "mean": 1 - np.mean([row.mean() for row in scores]),
        "median": 1 - np.median([row.mean() for row in scores]),
        "optimality gap": 0.99 - np.mean([min(score, 0.99) for score in scores.ravel()]),
    }


def test_estimates_and_intervals_run_by_run() -> None:
    nr = made_nr(3, 4, 6)
    nr[2, :3] *= 0.01  # good enough: nothing is lacking there
    table: Any = table_of(aggregates, curves_of(nr), SETTINGS).set_index(["algorithm", "aggregate"])
    assert len(table) == 12
    draws = np.stack([seed_draws(SETTINGS, f"p{i}", 6) for i in range(4)], axis=1)
    for a in range(3):
        final = nr[a, :, :, -1]
        expected = naive(final)
        resampled = [naive(np.take_along_axis(final, seeds, axis=1)) for seeds in draws]
        for name, value in expected.items():
            row = table.loc[(f"a{a}", name)]
            assert row["estimate"] == pytest.approx(value), name
            ends = np.quantile([r[name] for r in resampled], [0.025, 0.975])
            assert row[["low", "high"]].tolist() == pytest.approx(ends.tolist()), name
            assert row["low"] < row["high"]


@pytest.mark.parametrize(
    ("name", "statistic"), [("IQM", lambda x: stats.trim_mean(x, 0.25)), ("mean", np.mean)]
)
def test_intervals_are_about_scipys_on_one_problem(name: str, statistic: object) -> None:
    nr = np.random.default_rng(1).beta(2, 5, (1, 1, 25))
    table: Any = table_of(aggregates, curves_of(nr), Settings(repetitions=6000)).set_index(
        "aggregate"
    )
    theirs = stats.bootstrap(
        (nr.ravel(),), statistic, method="percentile", vectorized=False, rng=0, n_resamples=6000
    ).confidence_interval
    width = theirs.high - theirs.low
    assert table.loc[name, "low"] == pytest.approx(theirs.low, abs=0.05 * width)
    assert table.loc[name, "high"] == pytest.approx(theirs.high, abs=0.05 * width)


def test_the_best_iqm_comes_first_in_every_aggregate() -> None:
    table: Any = table_of(aggregates, curves_of(made_nr(7, 5, 4)), SETTINGS)
    orders = [rows["algorithm"].tolist() for _, rows in table.groupby("aggregate", sort=False)]
    assert all(order == orders[0] for order in orders)
    assert table.loc[table["aggregate"] == "IQM", "estimate"].is_monotonic_increasing


def test_missing_runs_and_single_seeds() -> None:
    nr = made_nr(3, 2, 4)
    nr[0, 0, 3] = np.nan
    nr[1, 1, 1:] = np.nan
    table: Any = table_of(aggregates, curves_of(nr), SETTINGS)
    assert table["estimate"].notna().all()
    single = table["algorithm"] == "a1"
    assert table.loc[single, ["low", "high"]].isna().all(axis=None)
    assert table.loc[~single, ["low", "high"]].notna().all(axis=None)
    mean = table[(table["algorithm"] == "a0") & (table["aggregate"] == "mean")]["estimate"].item()
    assert mean == pytest.approx(np.mean(np.nanmean(nr[0, :, :, -1], axis=1)))


def test_failed_runs_count_as_the_clip_value() -> None:
    results = make_results(["a"], ["fifo"], failed=[("a", "failed")], partial=False)
    curves = compute_curves(results, SETTINGS)
    assert curves.failed.sum() == 1
    table: Any = table_of(aggregates, curves, SETTINGS).set_index("aggregate")
    clean = make_results(["a"], ["fifo"], failed=())
    without: Any = table_of(aggregates, compute_curves(clean, SETTINGS), SETTINGS).set_index(
        "aggregate"
    )
    assert table.loc["mean", "estimate"] > without.loc["mean", "estimate"] + 0.05

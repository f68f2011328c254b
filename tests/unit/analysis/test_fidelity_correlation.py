"""Rank correlations across fidelities, against SciPy's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hpobench.analysis.exhibits import fidelity_correlation
from hpobench.analysis.exhibits.fidelity_correlation import ENOUGH, FIDELITIES
from hpobench.analysis.inference import rank_correlation
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.inference.rank_correlation import rank_correlations
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.support.curves_factory import table_of_all
from tests.support.results_factory import MadeProblem, make_population, make_results

SETTINGS = Settings(repetitions=50)
NOISY = MadeProblem("noisy", heldout=True, budget=900.0)


def with_ties(trials: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([trials, seeds])
    losses = rng.normal(size=(trials, 1)) + rng.normal(size=(trials, 3)) * [2.0, 0.7, 0.0]
    return np.round(losses * 2) / 2, rng.integers(seeds, size=trials)


def test_estimates_and_intervals_are_scipys_on_each_resample() -> None:
    losses, seeds = with_ties(60, 4)
    found = rank_correlations(losses, seeds, "p", SETTINGS)
    draws = seed_draws(SETTINGS, "p", 4)
    for column in range(3):
        rho = stats.spearmanr(losses[:, column], losses[:, -1]).statistic
        assert found.estimate[column] == pytest.approx(rho)
        resampled = []
        for draw in draws:
            rows = np.concatenate([np.flatnonzero(seeds == seed) for seed in draw])
            resampled.append(stats.spearmanr(*(losses[rows, column], losses[rows, -1])).statistic)
        low, high = np.quantile(resampled, [0.025, 0.975])
        assert found.low[column] == pytest.approx(low)
        assert found.high[column] == pytest.approx(high)
    assert found.estimate[0] < found.estimate[1] < found.estimate[2] == pytest.approx(1.0)


def test_one_seed_has_no_interval_and_equal_losses_no_number() -> None:
    losses, seeds = with_ties(30, 1)
    losses[:, 0] = 0.5
    found = rank_correlations(losses, seeds, "p", SETTINGS)
    assert np.isnan(found.low).all()
    assert np.isnan(found.estimate).tolist() == [True, False, False]


def finished(results: Results, cells: list[str], steps: int) -> tuple[list[float], list[float]]:
    """The losses after the first and the last step of all trials that got there."""
    first, last = [], []
    events = results.events[results.events["cell"].isin(cells)]
    for _, own in events.groupby(["cell", "trial"], observed=True):
        losses = own.set_index("step")["loss"]
        if steps in losses.index and np.isfinite(losses).all():
            first.append(losses[1])
            last.append(losses[steps])
    return first, last


def test_the_baseline_alone_where_it_was_run() -> None:
    results = make_results(problems=[NOISY], seeds=3)
    table = table_of_all(fidelity_correlation, results, SETTINGS)
    first, last = finished(results, [f"random-fifo-noisy-{seed}" for seed in range(3)], 9)
    assert table["trials"].eq(len(first)).all()
    assert not table["selected"].any()
    row = table.iloc[0]
    assert row[["problem", "step"]].tolist() == ["noisy", 1]
    assert row["at"] == pytest.approx(1 / 9)
    assert row["estimate"] == pytest.approx(stats.spearmanr(first, last).statistic)
    assert row["low"] < row["estimate"] <= row["high"] < 1
    assert table["estimate"].iloc[-1] == 1
    assert table["step"].tolist() == [1, 2, 3, 4, 5, 6, 7, 9]


def test_survivors_stand_in() -> None:
    results = make_results(["tpe"], ["fifo", "asha"], [NOISY], seeds=2, failed=())
    table = table_of_all(fidelity_correlation, results, SETTINGS)
    first, last = finished(results, results.cells["cell"].tolist(), 9)
    assert table["selected"].all()
    assert table["trials"].iloc[0] == len(first)
    assert table["estimate"].iloc[0] == pytest.approx(stats.spearmanr(first, last).statistic)


def test_clones_are_left_out() -> None:
    results = make_population(24, seeds=2)
    pbt = results.cells["scheduler"] == "pbt"
    events = results.events[results.events["cell"].isin(set(results.cells.loc[pbt, "cell"]))]
    part = replace(results, cells=results.cells[pbt].reset_index(drop=True), events=events)
    cloned = events[events["parent"].notna()].drop_duplicates(["cell", "trial"])
    (trials,) = table_of_all(fidelity_correlation, part, SETTINGS)["trials"].unique()
    assert trials == 48 - len(cloned)
    assert len(cloned) > 5


def test_few_trials_say_nothing() -> None:
    results = make_population(4, seeds=2)
    assert ENOUGH == 10
    assert table_of_all(fidelity_correlation, results, SETTINGS).empty
    assert len(table_of_all(fidelity_correlation, make_population(5, seeds=2), SETTINGS))


def test_many_steps_are_thinned() -> None:
    table = table_of_all(fidelity_correlation, make_population(12, seeds=2), SETTINGS)
    assert len(table) <= FIDELITIES
    assert table["step"].iloc[[0, -1]].tolist() == [1, 40]


def test_nothing_on_single_steps() -> None:
    results = make_results(["random"], ["fifo"], [MadeProblem("branin", steps=1)])
    assert table_of_all(fidelity_correlation, results, SETTINGS).empty


def test_ranking_anew_gives_the_bits_of_coefficients() -> None:
    """What many seeds use; ties, and seeds that a draw takes twice or not at all."""
    rng = np.random.default_rng(0)
    losses = np.round(rng.normal(size=(60, 4)), 1)
    origin = np.repeat(np.arange(6), 10)
    counts = rng.integers(0, 4, size=(30, 6)).astype(np.float64)
    for one, other in zip(
        rank_correlation._by_coefficients(losses, origin, counts),
        rank_correlation._ranked_anew(losses, origin, counts),
        strict=True,
    ):
        assert np.array_equal(one, other)

"""How far trials train, against SciPy's Kaplan-Meier estimate and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpobench.analysis.exhibits import lineage, survival
from hpobench.analysis.exhibits.survival import FRESH, Stretches, product_limit, stretches_of
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from hpobench.contract.problem import Objective
from hpobench.store.read.reader import Results
from tests.support.curves_factory import table_of_all
from tests.support.frames import by_stretch
from tests.support.results_factory import MadeProblem, hand_made, make_population, make_results

SETTINGS = Settings(repetitions=40)
STEPS = 9


def drawn_stretches(rng: np.random.Generator, runs: int, late: bool) -> Stretches:
    n = 60 * runs
    last = rng.integers(0, STEPS + 1, n)
    entry = np.where(late & (rng.random(n) < 0.4), rng.integers(0, STEPS, n), FRESH)
    last = np.maximum(last, entry + 1)
    return Stretches(rng.integers(runs, size=n), entry, last, rng.random(n) < 0.6)


def kaplan_meier(last: np.ndarray, ended: np.ndarray, at: np.ndarray) -> np.ndarray:
    sample = stats.CensoredData(uncensored=last[ended], right=last[~ended])
    return np.asarray(stats.ecdf(sample).sf.evaluate(at))


def test_without_late_entries_it_is_scipys() -> None:
    stretches = drawn_stretches(np.random.default_rng(0), 4, late=False)
    found = product_limit(stretches, 4, np.arange(STEPS + 1))
    for run in range(4):
        own = stretches.run == run
        expected = kaplan_meier(stretches.last[own], stretches.ended[own], np.arange(STEPS + 1))
        np.testing.assert_allclose(found[run], expected, atol=1e-12)


def test_with_late_entries_it_is_the_product_over_those_at_risk() -> None:
    stretches = drawn_stretches(np.random.default_rng(1), 3, late=True)
    found = product_limit(stretches, 3, np.arange(STEPS + 1))
    for run in range(3):
        share = 1.0
        for step in range(STEPS + 1):
            rows = zip(*stretches, strict=True)
            here = [(t == step, e) for r, s, t, e in rows if r == run and s < step <= t]
            if here:
                share *= 1 - sum(last and ended for last, ended in here) / len(here)
            assert found[run, step] == pytest.approx(share)


def test_late_entries_by_hand() -> None:
    """Four train to step 2, where one gives its state up for another's; then all finish."""
    columns = ([0, 0, 0, 0, 0], [-1, -1, -1, -1, 2], [2, 4, 4, 4, 4], [True] + [False] * 4)
    found = product_limit(Stretches(*map(np.array, columns)), 2, np.arange(5))
    np.testing.assert_allclose(found[0], [1, 1, 0.75, 0.75, 0.75])
    assert np.isnan(found[1]).all()  # a run of which nothing is known


def naive(results: Results, cell: str, steps: int, at: list[float]) -> np.ndarray:
    events = results.events[results.events["cell"] == cell]
    last, ended = [], []
    for _, trial in results.trials[results.trials["cell"] == cell].iterrows():
        own = events[events["trial"] == trial["trial"]]
        if len(own) or trial["status"] == "failed":
            last.append(own["step"].max() if len(own) else 0)
            ended.append(trial["status"] in ("stopped", "failed"))
    return kaplan_meier(np.array(last) / steps, np.array(ended), np.array(at) + 1e-12)


def test_means_and_intervals_run_by_run() -> None:
    results = make_results(["random"], ["fifo", "asha"], failed=(("random", "failed"),))
    table = table_of_all(survival, results, SETTINGS)
    asha = table[table["algorithm"] == "random + asha"]
    at = asha["at"].tolist()
    assert (at[0], at[-1]) == (0, 1)
    per_problem, draws = [], []
    for problem in ("counting-ones", "mlp-vehicle"):
        runs = [naive(results, f"random-asha-{problem}-{seed}", 9, at) for seed in range(4)]
        per_problem.append(np.mean(runs, axis=0))
        draws.append(np.array(runs)[seed_draws(SETTINGS, problem, 4)].mean(axis=1))
    np.testing.assert_allclose(asha["estimate"], np.mean(per_problem, axis=0), atol=1e-12)
    ends = np.quantile(np.mean(draws, axis=0), [0.025, 0.975], axis=0)
    np.testing.assert_allclose(asha[["low", "high"]].T, ends, atol=1e-12)
    assert 0.05 < asha["estimate"].iloc[-1] < 0.5
    assert set(asha["problems"]) == {2}  # not branin, which has a single step


def test_stretches_are_those_of_the_lineage() -> None:
    results = make_population(8, seeds=1)
    found = stretches_of(results)
    events = results.events[results.events["cell"] == "random-pbt-cnn-0"]
    expected = by_stretch(lineage.lineage(events, Objective()))
    own = found.run == 1
    assert own.sum() == len(expected) > 8
    entry = (expected["first_step"] - 1).where(expected["parent"].notna(), FRESH)
    pairs = zip(entry, expected["last_step"], strict=True)
    assert sorted(zip(found.entry[own], found.last[own], strict=True)) == sorted(pairs)
    assert found.ended[own].sum() == len(expected) - 8  # each clone replaced a state
    ends = table_of_all(survival, results, SETTINGS).groupby("algorithm")["estimate"].min()
    assert ends["random + fifo"] == 1
    assert 0 < ends["random + pbt"] < 0.7


def paused(statuses: list[str], decisions: list[str], steps: list[int]) -> Results:
    """One run of trials that each gave a single result, after ``steps``."""
    problem = MadeProblem("p", steps=4, budget=10.0)
    results = hand_made({("a", 0): [(float(i), 0.5) for i in range(len(steps))]}, problem=problem)
    events = results.events.assign(step=steps, decision=decisions)
    return replace(results, events=events, trials=results.trials.assign(status=statuses))


def test_pauses_of_those_that_are_decided_on_while_they_pause() -> None:
    """The one that waits at 2 is decided on later: two of three were stopped there, not of four."""
    decisions = ["PAUSE"] * 4 + ["STOP"]
    results = paused(["stopped", "stopped", "paused", "cut", "completed"], decisions, [2] * 4 + [4])
    table = table_of_all(survival, results, SETTINGS)
    assert table["estimate"].tolist() == pytest.approx([1, 0.5, 0.5])
    assert table["at"].tolist() == [0, 0.5, 1]
    results = paused(["stopped", "paused", "completed"], decisions[2:], [2, 2, 4])
    table = table_of_all(survival, results, SETTINGS)
    assert table["estimate"].tolist() == pytest.approx([1, 0.5, 0.5])


def test_pauses_of_those_that_had_been_decided_on() -> None:
    """Nobody is stopped out of a pause: what pauses at 2 only waits for its turn."""
    statuses = ["stopped", "paused", "paused", "completed"]
    results = paused(statuses, ["STOP", "PAUSE", "PAUSE", "STOP"], [2] * 3 + [4])
    table = table_of_all(survival, results, SETTINGS)
    assert table["estimate"].tolist() == pytest.approx([1, 0.75, 0.75])


def test_failing_in_the_first_step_is_an_end_and_not_starting_is_nothing() -> None:
    results = paused(["failed", "cut", "completed", "completed"], ["STOP"] * 4, [4] * 4)
    results = replace(results, events=results.events[2:])
    table = table_of_all(survival, results, SETTINGS)
    assert table["estimate"].tolist() == pytest.approx([2 / 3, 2 / 3])


def test_a_curve_ends_where_nobody_is_left() -> None:
    results = paused(["stopped", "cut"], ["STOP", "CONTINUE"], [1, 2])
    assert table_of_all(survival, results, SETTINGS)["at"].tolist() == [0, 0.25]


def test_shares_at_which_most_end_are_kept() -> None:
    results = make_results(["random"], ["asha"], failed=())
    few = table_of_all(survival, results, replace(SETTINGS, points=1))
    full = table_of_all(survival, results, SETTINGS)
    assert len(few) == 3 < len(full)
    kept = full.set_index("at")["estimate"]
    assert (few["estimate"].to_numpy() == kept[few["at"]].to_numpy()).all()
    assert few["at"].iloc[1] == pytest.approx(1 / 9)


def test_nothing_to_survive() -> None:
    results = make_results(["random"], ["fifo"], [MadeProblem("branin", steps=1)])
    assert table_of_all(survival, results, SETTINGS).empty


def test_problems_that_an_algorithm_did_not_run_on() -> None:
    results = make_results(["random", "tpe"], ["asha"], failed=())
    gone = (results.cells["searcher"] == "tpe") & (results.cells["problem"] == "mlp-vehicle")
    cells = results.cells[~gone].reset_index(drop=True)
    kept = set(cells["cell"])
    part = replace(
        results,
        cells=cells,
        events=results.events[results.events["cell"].isin(kept)],
        trials=results.trials[results.trials["cell"].isin(kept)],
    )
    table = table_of_all(survival, part, SETTINGS)
    assert table.groupby("algorithm")["problems"].max().to_dict() == {"random": 2, "tpe": 1}
    before = table_of_all(survival, results, SETTINGS)
    same = table["algorithm"] == "random"
    expected = before[before["algorithm"] == "random"]
    found, expected = (frame.reset_index(drop=True) for frame in (table[same], expected))
    pd.testing.assert_frame_equal(found, expected)

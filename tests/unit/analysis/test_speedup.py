"""T2 against cases worked out by hand and against plain loops."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hpobench.analysis.core.curves import Curves, comparisons, compute_curves
from hpobench.analysis.core.hits import Hits, compute_runs, hitting_times
from hpobench.analysis.core.targets import TOLERANCES, tolerance_targets
from hpobench.analysis.exhibits import speedup
from hpobench.analysis.exhibits.speedup import COLUMNS
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.long.analysis.test_against_naive import AXES, random_results
from tests.support.curves_factory import caption_of, table_of
from tests.support.results_factory import hand_made, make_results

SETTINGS = Settings(points=3, repetitions=30)
RUNS = {("random", 0): [(4.0, 0.1)], ("random", 1): [(8.0, 0.05)]}


def speedup_of(results: Results, settings: Settings = SETTINGS) -> pd.DataFrame:
    return table_of(speedup, compute_curves(results, settings), settings, results)


def row(table: pd.DataFrame, algorithm: str, tolerance: float = 0.1) -> pd.Series:
    """The row of the one problem."""
    here = (table["algorithm"] == algorithm) & (table["tolerance"] == tolerance)
    return table[here & (table["problem"] == "p")].iloc[0]


def test_by_hand() -> None:
    """Random search: (4 + 8) / 2 = 6. a: (1 + 2) / 2 = 1.5."""
    table = speedup_of(hand_made(RUNS | {("a", 0): [(1.0, 0.1)], ("a", 1): [(2.0, 0.0)]}))
    assert list(table.columns) == COLUMNS
    found = row(table, "a")
    assert [found[c] for c in ("ert", "random_ert", "hits", "random_hits")] == [1.5, 6.0, 2, 2]
    assert found["speedup"] == pytest.approx(4.0)
    assert found["bound"] == ""
    assert 2.0 <= found["low"] <= 4.0 <= found["high"] <= 8.0
    assert row(table, "random")[["speedup", "low", "high"]].tolist() == [1.0, 1.0, 1.0]


def test_an_algorithm_that_never_hits_is_at_most_as_fast_as_one_hit_at_its_end() -> None:
    """The two runs of a spent 20 s: 6 / 20. The resamples of a are all alike."""
    found = row(speedup_of(hand_made(RUNS | {("a", s): [(1.0, 0.9)] for s in range(2)})), "a")
    assert (found["ert"], found["bound"]) == (np.inf, "<=")
    assert found["speedup"] == pytest.approx(0.3)
    assert found["low"] == pytest.approx(4 / 20)
    assert found["high"] == pytest.approx(8 / 20)


def test_random_search_that_never_hits_makes_a_lower_bound() -> None:
    """To 0.01: it spent 20 s; a has (1 + 10) / 1."""
    runs = RUNS | {("a", 0): [(1.0, 0.0)], ("a", 1): [(2.0, 0.9)]}
    found = row(speedup_of(hand_made(runs)), "a", 0.01)
    assert found["bound"] == ">="
    assert found["speedup"] == pytest.approx(20 / 11)
    assert found["random_ert"] == np.inf


def test_where_neither_hits_neither_is_faster() -> None:
    """Whatever a failed run, which ended early, has not spent."""
    runs = RUNS | {("a", 0): [(1.0, 0.9)], ("a", 1): [(2.0, 0.9)]}
    found = row(speedup_of(hand_made(runs, failed=[("a", 0)])), "a", 0.01)
    assert found["bound"] == "none"
    assert found[["speedup", "low", "high"]].tolist() == [1.0, 1.0, 1.0]


def test_runs_that_crash_at_once_do_not_look_fast() -> None:
    """They spent nothing, and count as one budget: 6 / 10."""
    results = hand_made(RUNS | {("a", 0): [], ("a", 1): []}, failed=[("a", 0), ("a", 1)])
    found = row(speedup_of(results), "a")
    assert found["bound"] == "<="
    assert found["speedup"] == pytest.approx(0.6)


def test_a_hit_at_no_time_at_all() -> None:
    table = speedup_of(hand_made(RUNS | {("a", 0): [(0.0, 0.0)], ("a", 1): [(0.0, 0.0)]}))
    assert row(table, "a")["speedup"] == pytest.approx(6.0 / 1e-8)
    assert row(table, "a")["ert"] == 0.0


def test_a_single_seed_has_no_interval() -> None:
    runs = {k: v for k, v in RUNS.items() if k[1] == 0} | {("a", 0): [(1.0, 0.1)]}
    table = speedup_of(hand_made(runs))
    assert row(table, "a")["speedup"] == pytest.approx(4.0)
    assert table[["low", "high"]].isna().all(axis=None)


def test_a_single_seed_of_random_search_leaves_no_interval_to_anyone() -> None:
    runs = {("random", 0): [(4.0, 0.1)]} | {("a", s): [(1.0, 0.1)] for s in range(2)}
    assert speedup_of(hand_made(runs))[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(("searchers", "schedulers"), [(["a", "b"], ["fifo"]), (["random"], ["x"])])
def test_without_random_under_fifo_no_rows(searchers: list[str], schedulers: list[str]) -> None:
    table = speedup_of(make_results(searchers, schedulers, seeds=2, failed=()))
    assert table.empty
    assert list(table.columns) == COLUMNS


def plain_speedup(
    curves: Curves, hits: Hits, run: tuple[int, int, int], draw: int | None, settings: Settings
) -> float:
    """Of (algorithm, problem, target), from all runs or those of one resample."""
    a, p, t = run
    times, counts = [], []
    for x in (curves.names.index("random + fifo"), a):
        seeds = np.flatnonzero(curves.present[x, p]).tolist()
        if draw is not None:
            seeds = [seeds[i] for i in seed_draws(settings, curves.problems[p], len(seeds))[draw]]
        pairs = [(float(hits.at[x, p, s, t]), float(hits.end[x, p, s])) for s in seeds]
        spent, count = sum(min(pair) for pair in pairs), sum(at < math.inf for at, _ in pairs)
        times.append(spent / count if count else max(spent, float(curves.horizon[p])))
        counts.append(count)
    return times[0] / times[1] if any(counts) else 1.0


@pytest.mark.parametrize("number", [0, 2, 5, 6, 7])
def test_against_plain_loops(number: int) -> None:
    """Everything, with failures, uneven seeds, ties and targets that nobody hits."""
    results = random_results(number)
    settings = Settings(axis=AXES[number % 4], points=3, repetitions=20, seed=number)
    runs = compute_runs(results, settings)
    for curves in (c.curves for c in comparisons(compute_curves(results, settings))):
        hits = hitting_times(runs, curves, tolerance_targets(curves, TOLERANCES))
        table = table_of(speedup, curves, settings, results)
        assert len(table) == 2 * len(curves.algorithms) * (1 + len(curves.problems))
        several = curves.present.sum(axis=2) >= 2
        several &= several[curves.names.index("random + fifo")]
        for (t, tolerance), (a, name) in product(enumerate(TOLERANCES), enumerate(curves.names)):
            own = table[(table["algorithm"] == name) & (table["tolerance"] == tolerance)]
            assert own["problem"].isna().tolist() == [True] + [False] * len(curves.problems)
            assert own["problem"].tolist()[1:] == list(curves.problems)
            found = [
                [
                    plain_speedup(curves, hits, (a, p, t), draw, settings)
                    for p in range(len(own) - 1)
                ]
                for draw in (None, *range(settings.repetitions))
            ]
            values = np.array([[stats.gmean(x), *x] for x in found])
            assert own["speedup"].tolist() == pytest.approx(values[0].tolist())
            low, high = np.exp(np.quantile(np.log(values[1:]), [0.025, 0.975], axis=0))
            for column, band in (("low", low), ("high", high)):
                expected = np.where([several[a].all(), *several[a]], band, np.nan).tolist()
                assert own[column].tolist() == pytest.approx(expected, nan_ok=True)


def test_caption() -> None:
    curves = compute_curves(make_results(), SETTINGS)
    text = caption_of(speedup, curves, SETTINGS, pd.DataFrame({"problem": ["p"]}))
    assert "random under fifo" in text
    assert "regrets of 0.1 and 0.01" in text
    assert "2 failed runs of 60 hit nothing." in text

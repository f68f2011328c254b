"""F11 against cases worked out by hand and against plain loops."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.budgets import with_most_workers
from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.exhibits import efficiency
from hpobench.analysis.exhibits.efficiency import COLUMNS, EVALUATIONS
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.long.analysis.test_against_naive import first_time, naive_run, random_results
from tests.support.curves_factory import table_of
from tests.support.frames import tuples
from tests.support.results_factory import hand_made, on_workers

SETTINGS = Settings(points=3, repetitions=30)
ONE = {("a", 0): [(4.0, 0.1)], ("a", 1): [(8.0, 0.05)]}


def efficiency_of(results: Results, settings: Settings = SETTINGS) -> pd.DataFrame:
    curves = compute_curves(with_most_workers(results), settings)
    return table_of(efficiency, curves, settings, results)


def row(table: pd.DataFrame, workers: int, measure: str = "nr 0.1") -> pd.Series:
    """The row of the one algorithm on the one problem."""
    here = (table["workers"] == workers) & (table["measure"] == measure)
    return table[here & (table["problem"] == "p")].iloc[0]


def test_by_hand() -> None:
    """One worker: (4 + 8) / 2 = 6 s. Four: (1 + 3) / 2 = 2 s, three times as fast: 3 / 4. Both
    seeds resampled alike, it is from 4 / (4 * 1) to 8 / (4 * 3)."""
    four = {("a", 0): [(1.0, 0.1)], ("a", 1): [(3.0, 0.05), (5.0, 0.0)]}
    table = efficiency_of(on_workers({1: hand_made(ONE), 4: hand_made(four)}))
    assert list(table.columns) == COLUMNS
    assert len(table) == 3 * 2 * 2
    found = row(table, 4)
    assert [found[c] for c in ("time", "base_time", "hits", "base_hits")] == [2.0, 6.0, 2, 2]
    assert found["estimate"] == pytest.approx(0.75)
    assert found["low"] == pytest.approx(2 / 3)
    assert found["high"] == pytest.approx(1.0)
    assert found["bound"] == ""
    assert row(table, 1)[["estimate", "low", "high"]].tolist() == [1.0, 1.0, 1.0]
    assert list(table["workers"].unique()) == [1, 4]


def test_the_systems_own_efficiency() -> None:
    """Ten seconds a run; one worker pays for a result in each, three workers for 2 and 2 in
    all: twice the rate, and 2 / 3 of what they might."""
    three = {("a", s): [(1.0, 0.5), (2.0, 0.4)] for s in range(2)}
    found = row(efficiency_of(on_workers({1: hand_made(ONE), 3: hand_made(three)})), 3, EVALUATIONS)
    assert [found[c] for c in ("time", "base_time", "hits", "base_hits")] == [5.0, 10.0, 4, 2]
    assert found["estimate"] == pytest.approx(2 / 3)


def test_without_a_hit_on_several_workers_it_is_a_bound() -> None:
    """Two runs of ten seconds on two workers: 6 / (2 * 20) at most."""
    never = {("a", s): [(1.0, 0.9)] for s in range(2)}
    found = row(efficiency_of(on_workers({1: hand_made(ONE), 2: hand_made(never)})), 2)
    assert (found["bound"], found["time"]) == ("<=", np.inf)
    assert found["estimate"] == pytest.approx(6 / 40)
    found = row(efficiency_of(on_workers({1: hand_made(never), 2: hand_made(ONE)})), 2)
    assert found["bound"] == ">="
    assert found["estimate"] == pytest.approx(20 / 12)


def test_where_nobody_hits_nothing_is_known() -> None:
    table = efficiency_of(on_workers({1: hand_made(ONE), 2: hand_made(ONE)}))
    for workers in (1, 2):
        found = row(table, workers, "nr 0.01")
        assert found["bound"] == "none"
        assert found[["estimate", "low", "high"]].isna().all()
    mean = table[table["problem"].isna() & (table["measure"] == "nr 0.01")]
    assert mean["estimate"].isna().all()


def test_resamples_in_which_nobody_hits_are_left_out() -> None:
    """Of three seeds one hits, 8 s and 2 s after begin; a resample that holds it k times has
    spent 8 k + 10 (3 - k) and 2 k + 10 (3 - k) seconds for the k hits."""
    miss = [(1.0, 0.9)]
    one = {("a", 0): [(8.0, 0.1)], ("a", 1): miss, ("a", 2): miss}
    two = {("a", 0): [(2.0, 0.1)], ("a", 1): miss, ("a", 2): miss}
    settings = Settings(points=3, repetitions=200)
    table = efficiency_of(on_workers({1: hand_made(one), 2: hand_made(two)}), settings)
    drawn = [np.count_nonzero(draw == 0) for draw in seed_draws(settings, "p", 3)]
    values = [(30 - 2 * k) / (2 * (30 - 8 * k)) for k in drawn if k]
    assert 100 < len(values) < 200
    found = row(table, 2)
    assert found["estimate"] == pytest.approx(28 / 44)
    low, high = np.exp(np.quantile(np.log(values), [0.025, 0.975]))
    assert found[["low", "high"]].tolist() == pytest.approx([low, high])


def test_without_one_worker_it_is_relative_to_the_fewest() -> None:
    """From two to eight workers, with the same times: two eighths."""
    table = efficiency_of(on_workers({8: hand_made(ONE), 2: hand_made(ONE)}))
    assert row(table, 2)["estimate"] == pytest.approx(1.0)
    assert row(table, 8)["estimate"] == pytest.approx(2 / 8)


def test_a_single_number_of_workers_has_no_rows() -> None:
    table = efficiency_of(hand_made(ONE))
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_a_single_seed_has_no_interval() -> None:
    one = hand_made({("a", 0): [(4.0, 0.1)]})
    found = row(efficiency_of(on_workers({1: one, 2: one})), 2)
    assert found["estimate"] == pytest.approx(0.5)
    assert found[["low", "high"]].isna().all()


def test_seeds_that_ran_on_some_numbers_only() -> None:
    """A run that was cut short: the third seed is missing where the report compares."""
    three = ONE | {("a", 2): [(6.0, 0.1)]}
    table = efficiency_of(on_workers({1: hand_made(three), 2: hand_made(ONE)}))
    assert row(table, 1)["hits"] == 3
    assert row(table, 2)["estimate"] == pytest.approx(0.5)


def many(number: int) -> Results:
    """Failures, ties, gaps and uneven seeds on 1, 3 and 4 workers."""
    parts = {n: random_results(7 * number + n) for n in (4, 1, 3)}
    return dataclasses.replace(on_workers(parts), problems=parts[4].problems)


Spending = tuple[float, float]
"""What a run spent, and how often it hit."""


def naive_spending(
    results: Results, measure: str
) -> dict[tuple[int, str, str], dict[int, Spending]]:
    """By workers, algorithm, problem and then seed."""
    found: dict[tuple[int, str, str], dict[int, Spending]] = {}
    problems = {p.problem: p for p in tuples(results.problems)}
    for cell in tuples(results.cells):
        problem = problems[cell.problem]
        steps, end = naive_run(results, cell, "time", "any")
        paid = cell.resource / (problem.steps * problem.unit)
        pair = end, paid if measure == EVALUATIONS else 0.0
        if measure != EVALUATIONS:
            tolerance = float(measure.split()[1])
            target = problem.optimum + tolerance * (problem.clip - problem.optimum)
            if (at := first_time(steps, target)) < math.inf:
                pair = at, 1.0
        key = cell.workers, f"{cell.searcher} + {cell.scheduler}", cell.problem
        found.setdefault(key, {})[cell.seed] = pair
    return found


def plain(sides: list[list[Spending]], horizons: list[float], workers: list[int]) -> float:
    """Of the runs on the fewest workers and on others, the efficiency of the others."""
    times = []
    for own, horizon in zip(sides, horizons, strict=True):
        spent, hits = (sum(x) for x in zip(*own, strict=True))
        times.append(spent / hits if hits else max(spent, horizon))
    if not any(hit for own in sides for _, hit in own):
        return math.nan
    return float(workers[0] * times[0] / (workers[1] * times[1]))


def one_problem(
    sides: list[dict[int, Spending]],
    horizons: list[float],
    workers: int,
    problem: str,
    settings: Settings,
) -> tuple[list[float], bool]:
    """The efficiency from all runs and from each resample, and whether there are enough seeds."""
    if not all(sides):
        return [math.nan] * (1 + settings.repetitions), False
    found = []
    for draw in (None, *range(settings.repetitions)):
        picked = []
        for side in sides:
            seeds = sorted(side)
            if draw is not None:
                seeds = [seeds[i] for i in seed_draws(settings, problem, len(seeds))[draw]]
            picked.append([side[s] for s in seeds])
        found.append(plain(picked, horizons, [1, workers]))
    return found, all(len(side) >= 2 for side in sides)

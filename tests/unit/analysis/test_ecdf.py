"""F4 against enumeration of all (problem, target, seed)."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.curves import comparisons, compute_curves
from hpobench.analysis.core.targets import suite_targets
from hpobench.analysis.exhibits import ecdf
from hpobench.analysis.inference.bootstrap import seed_draws
from hpobench.analysis.settings import Settings
from tests.long.analysis.test_against_naive import AXES, first_time, naive_run, random_results
from tests.support.curves_factory import table_of
from tests.support.results_factory import MadeProblem, hand_made, make_results

RANDOM = json.dumps({"1": [2, 1.5, 1], "10": [1, 0.5, 0], "100": [0, -0.5, -1]})


@pytest.mark.parametrize("number", range(8))
def test_against_enumeration(number: int) -> None:
    """Problems of every kind of target, on all axes, with failures and seeds that are missing;
    the band from the same draws of seeds."""
    results = random_results(number)
    random: Any = [None, RANDOM, None]
    problems = results.problems.assign(random=random, known=[True, False, False])
    results = dataclasses.replace(results, problems=problems)
    axis = AXES[number % 4]
    settings = Settings(axis=axis, points=6, repetitions=40)
    everything = compute_curves(results, settings)
    times = {c.cell: naive_run(results, c, axis, "any")[0] for c in results.cells.itertuples()}
    for curves in (c.curves for c in comparisons(everything)):
        targets = suite_targets(problems, curves).loss
        table = table_of(ecdf, curves, settings, results)
        for algorithm in curves.algorithms:
            own = table[table["algorithm"] == algorithm.name]
            for k, at in enumerate(own["at"]):
                estimate, draws = 0.0, np.zeros(settings.repetitions)
                single = False
                for p, problem in enumerate(curves.problems):
                    cells = results.cells[
                        (results.cells["searcher"] == algorithm.searcher)
                        & (results.cells["scheduler"] == algorithm.scheduler)
                        & (results.cells["problem"] == problem)
                    ].sort_values("seed")
                    goals = [t for t in targets[p] if not math.isnan(t)]
                    shares = [
                        sum(first_time(times[c], g) <= at * curves.horizon[p] for g in goals)
                        / len(goals)
                        for c in cells["cell"]
                    ]
                    n = len(shares)
                    single |= n == 1
                    estimate += sum(shares) / n / len(curves.problems)
                    drawn = seed_draws(settings, problem, n)
                    means = np.array([sum(shares[i] for i in row) / n for row in drawn])
                    draws += means / len(curves.problems)
                row = own.iloc[k]
                assert row["estimate"] == pytest.approx(estimate)
                band = [np.nan] * 2 if single else np.quantile(draws, [0.025, 0.975]).tolist()
                assert [row["low"], row["high"]] == pytest.approx(band, nan_ok=True)


def test_by_hand() -> None:
    """Random search's medians 0.5 and 0.2: seed 0 hits at 1 s and 10 s, seed 1 the easy one."""
    problem = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, known=False, budget=10.0)
    runs = {("a", 0): [(1.0, 0.5), (10.0, 0.2)], ("a", 1): [(1.0, 0.6), (5.0, 0.3)]}
    results = hand_made(runs, problem=problem)
    random = json.dumps({"1": [0.9, 0.5, 0.1], "10": [0.3, 0.2, 0.1]})
    settings = Settings(points=3, repetitions=50)
    results = dataclasses.replace(results, problems=results.problems.assign(random=random))
    table = table_of(ecdf, compute_curves(results, settings), settings, results)
    np.testing.assert_allclose(table["at"], [0.1, np.sqrt(0.1), 1.0])
    assert table["estimate"].tolist() == [0.25, 0.25, 0.75]


def test_a_problem_weighs_the_same_whatever_its_number_of_targets() -> None:
    """51 regrets, none of which is hit by failed runs, beside 13 that are all hit."""
    problems = (
        MadeProblem("many", steps=1, optimum=0.0, clip=1.0),
        MadeProblem("few", steps=1, optimum=0.0, clip=1.0, known=False),
    )
    results = make_results(["a"], ["fifo"], problems, seeds=2, failed=())
    few = results.cells["problem"] == "few"
    results = dataclasses.replace(
        results,
        cells=results.cells.assign(status=np.where(few, "done", "failed")),
        events=results.events.assign(loss=0.0),
    )
    settings = Settings(points=3, repetitions=20)
    table = table_of(ecdf, compute_curves(results, settings), settings, results)
    assert table["estimate"].iloc[-1] == 0.5

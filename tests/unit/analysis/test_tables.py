"""Tables and comparisons, against cases worked out by hand."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.budgets import budget_axis
from hpobench.analysis.core.curves import algorithms_of, comparisons, compute_curves
from hpobench.analysis.core.failures import failure_kind, failures
from hpobench.analysis.exhibits import (
    anytime_regret,
    conditions,
    cost,
    final_loss,
    heatmap,
    problem_table,
    rank,
    standings,
)
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import OneProblem
from hpobench.store.read.reader import Results
from tests.support.curves_factory import study_of, table_of, table_of_all
from tests.support.results_factory import MadeProblem, hand_made, make_results

SETTINGS = Settings(repetitions=500, points=20)


def test_algorithms_are_named_by_the_searcher_alone_under_one_scheduler() -> None:
    cells = pd.DataFrame({"searcher": ["a", "b", "a"], "scheduler": ["fifo"] * 3})
    assert [a.name for a in algorithms_of(cells)] == ["a", "b"]
    cells.loc[1, "scheduler"] = "asha"
    assert [a.name for a in algorithms_of(cells)] == ["a + fifo", "b + asha"]


def test_comparisons_are_fair() -> None:
    """asha skips the single-step problem: fifo on all problems, and all on the other two."""
    everywhere, shared = (c.curves for c in comparisons(compute_curves(make_results(), SETTINGS)))
    assert everywhere.names == ("random + fifo", "tpe + fifo", "gp + fifo")
    assert len(everywhere.problems) == 3
    assert len(shared.names) == 6
    assert shared.problems == ("counting-ones", "mlp-vehicle")
    for part in (everywhere, shared):
        assert part.complete.all()


def test_a_full_grid_is_one_comparison() -> None:
    curves = compute_curves(make_results(schedulers=["fifo"]), SETTINGS)
    assert [c.curves.names for c in comparisons(curves)] == [("random", "tpe", "gp")]


def test_problems_without_references_are_not_compared() -> None:
    results = make_results(schedulers=["fifo"])
    problems = results.problems.assign(optimum=[np.nan, -16.0, -0.86])
    curves = compute_curves(dataclasses.replace(results, problems=problems), SETTINGS)
    assert comparisons(curves)[0].curves.problems == ("counting-ones", "mlp-vehicle")


def test_problems_come_in_the_planned_order() -> None:
    results = dataclasses.replace(make_results(), plan={"problems": ["mlp-vehicle", "branin"]})
    curves = compute_curves(results, SETTINGS)
    assert curves.problems == ("mlp-vehicle", "branin", "counting-ones")
    assert curves.clip.tolist() == [-0.55, 28.0, -8.0]
    np.testing.assert_allclose(curves.horizon, [3600, 3600, 900])


def test_anytime_regret_by_hand() -> None:
    runs = {("a", 0): [(1.0, 0.5), (10.0, 0.1)], ("a", 1): [(1.0, 0.3)]}
    curves = compute_curves(hand_made(runs), Settings(points=3, repetitions=50))
    study = study_of(curves, Settings(points=3, repetitions=50))
    table = anytime_regret.table(study, OneProblem(pd.Series({"problem": "p"})))
    # The first result comes at a tenth of the budget.
    np.testing.assert_allclose(table["at"], [1.0, np.sqrt(10), 10.0])
    np.testing.assert_allclose(table["estimate"], [0.4, 0.4, 0.2])


def final_of(results: Results, **settings: int) -> pd.DataFrame:
    chosen = dataclasses.replace(SETTINGS, **settings)  # type: ignore[arg-type]
    return table_of_all(final_loss, results, chosen)


def test_failures_are_imputed_and_counted() -> None:
    runs = {("a", s): [(1.0, 0.2)] for s in range(4)} | {("b", s): [(1.0, 0.3)] for s in range(4)}
    table = final_of(hand_made(runs, failed=[("a", 3)])).set_index("algorithm")
    assert table.loc["a", "mean"] == pytest.approx((3 * 0.2 + 1.0) / 4)
    assert table["failures"].tolist() == [1, 0]
    assert table["best"].tolist() == [False, True]


def test_a_run_without_a_result_counts_as_the_clip_value() -> None:
    runs = {("a", 0): [(1.0, 0.2)], ("a", 1): []}
    assert final_of(hand_made(runs))["mean"].tolist() == [pytest.approx(0.6)]


def test_final_values_are_shown_in_the_metric_s_orientation() -> None:
    problem = MadeProblem("p", steps=1, optimum=-1.0, clip=0.0, direction="maximize", budget=10.0)
    runs = {("a", s): [(1.0, -0.9 - 0.01 * s)] for s in range(8)}
    runs |= {("b", s): [(1.0, -0.5 - 0.01 * s)] for s in range(8)}
    table = final_of(hand_made(runs, problem=problem))
    assert table["mean"].tolist() == pytest.approx([0.935, 0.535])
    assert (table["low"] < table["mean"]).all()
    assert (table["mean"] < table["high"]).all()
    assert table["best"].tolist() == [True, False]
    assert table["not_worse"].tolist() == [True, False]


def test_too_few_seeds_cannot_call_anyone_worse() -> None:
    runs = {("a", s): [(1.0, 0.1)] for s in range(5)} | {("b", s): [(1.0, 0.9)] for s in range(5)}
    assert final_of(hand_made(runs))["not_worse"].all()


def test_equal_best_are_all_marked() -> None:
    runs = {(a, s): [(1.0, 0.1 + 0.1 * s)] for a in "ab" for s in range(3)}
    assert final_of(hand_made(runs))["best"].tolist() == [True, True]


def test_heatmap() -> None:
    table = table_of(heatmap, compute_curves(make_results(), SETTINGS), SETTINGS)
    assert len(table) == 3 * 6
    branin: Any = table[table["problem"] == "branin"].set_index("scheduler")
    assert branin.loc["asha", "nr"].isna().all()
    assert not branin.loc["asha", "best"].any()
    assert table.groupby("problem")["best"].sum().tolist() == [1, 1, 1]
    assert table["failures"].sum() == 2


def test_ranks_add_up() -> None:
    curves = comparisons(compute_curves(make_results(), SETTINGS))[1].curves
    table = table_of(rank, curves, SETTINGS)
    np.testing.assert_allclose(table.groupby("at")["estimate"].sum(), 21)
    assert (table["low"] <= table["high"]).all()


def test_standings() -> None:
    runs = {("good", s): [(1.0, 0.1 + 0.01 * s)] for s in range(6)}
    runs |= {("poor", s): [(1.0, 0.3 + 0.01 * s)] for s in range(6)}
    table: Any = table_of(standings, compute_curves(hand_made(runs), SETTINGS), SETTINGS)
    assert table["algorithm"].tolist() == ["good", "poor"]
    assert table["nr"].tolist() == pytest.approx([0.125, 0.325])
    assert table["rank"].tolist() == [1, 2]
    # The seeds' common part cancels in the paired difference, and only there.
    expected = pytest.approx([0.2] * 3)
    assert table.loc[1, ["behind", "behind_low", "behind_high"]].tolist() == expected
    assert table.loc[1, "nr_low"] < 0.325 < table.loc[1, "nr_high"]


def test_cost_adds_up() -> None:
    results = make_results()
    table: Any = table_of_all(cost, results).set_index("algorithm")
    assert table["runs"].sum() == len(results.cells)
    assert table["results"].sum() == len(results.events)
    np.testing.assert_allclose(table["clock_h"].sum() * 3600, results.cells["clock"].sum())
    assert table.loc["gp + fifo", ["timed out", "invalid", "crashed"]].tolist() == [1, 0, 0]
    assert table.loc["tpe + fifo", ["timed out", "invalid", "crashed"]].tolist() == [0, 1, 0]
    assert table["failed trials"].sum() == (results.trials["status"] == "failed").sum() > 0


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        ("timeout", "MemoryError", "timed out"),
        ("failed", "ray.exceptions.OutOfMemoryError: worker killed", "out of memory"),
        ("failed", "TrialError: loss is nan", "invalid"),
        ("failed", "CellError: MemoryError: \n\nTraceback", "out of memory"),
        ("failed", "CellError: RuntimeError: CUDA out of memory. Tried to", "out of memory"),
        ("failed", "ZeroDivisionError: division by zero in finance.py", "crashed"),
        ("failed", "CellError: ValueError: Input X contains NaN.", "crashed"),
        ("failed", "CellError: KeyError: 'x'\n\nassert invalid  # out of memory", "crashed"),
        ("failed", "StallError: stalled at 9 s: no trial runs and none can start", "stalled"),
        ("failed", "SpaceError: 'x' must be in [0, 1], not 2", "invalid"),
        (
            "failed",
            "CellError: TPE proposed an impossible configuration for trial 3: 'x' is nan",
            "invalid",
        ),
        ("failed", "CellError: TPE.ask(0) returned None, not a configuration", "invalid"),
        ("failed", "CellError: HyperOptSearch suggested no value for x, y", "invalid"),
        (
            "failed",
            "the process died (a crash in native code, os._exit, or out of memory), in each of 3 "
            "attempts\n\nWorkerCrashedError: The worker died unexpectedly",
            "lost",
        ),
        ("failed", "the cell was lost\n\nRayTaskError: object is gone", "lost"),
        ("failed", "the cell was lost\n\nOutOfMemoryError: Task was killed", "out of memory"),
        ("failed", None, "crashed"),
    ],
)
def test_failure_kinds(status: str, error: str | None, kind: str) -> None:
    assert failure_kind(status, error) == kind


@pytest.mark.parametrize(
    ("budgets", "axis"),
    [
        ([{"time": 60.0}], "time"),
        ([{"evaluations": 25.0}], "evaluations"),
        ([{"evaluations": 25.0, "time": None}, {"resource": 81.0}], "evaluations"),
        ([{"evaluations": 25.0, "time": 60.0}], "time"),
        ([{"evaluations": 25.0}, {"time": 60.0}], "time"),
        ([{"trials": 10}], "time"),
        ([{"evaluations": 25.0, "trials": 10}], "time"),
        ([None], "time"),
    ],
)
def test_the_axis_of_the_budgets(budgets: list[object], axis: str) -> None:
    results = make_results(["a"], ["fifo"], seeds=1, failed=())
    specs = [json.dumps({"budget": budgets[i % len(budgets)]}) for i in range(3)]
    assert budget_axis(dataclasses.replace(results, cells=results.cells.assign(spec=specs))) == axis


def test_failures_are_listed() -> None:
    expected = [["tpe + fifo", "invalid"], ["gp + fifo", "timed out"]]
    assert failures(make_results().cells)[["algorithm", "kind"]].to_numpy().tolist() == expected
    assert failures(make_results(failed=()).cells).empty


def test_setting_lists_what_differs() -> None:
    results = make_results()
    other = json.loads(results.cells["provenance"].iloc[0])
    other["versions"]["ray"] = "2.61.0"
    other["started"] = "2026-01-02T00:00:00Z"
    results.cells.loc[3, "provenance"] = json.dumps(other)
    value = table_of_all(conditions, results).set_index("item")["value"]
    assert value["Versions"] == "hpobench 0.1.0, python 3.11.9, ray 2.60.0 / 2.61.0"
    assert value["Seeds"] == "4 (0-3)"
    assert value["Started"] == "2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z"


def test_problem_setting() -> None:
    table = table_of_all(problem_table, make_results()).set_index("problem")
    assert table.loc["counting-ones", "budget"] == "900 s"
    assert table.index.tolist() == ["branin", "counting-ones", "mlp-vehicle"]

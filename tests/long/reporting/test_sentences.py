"""What a report's page and tables say."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.contract.wording import interval, number
from hpobench.reporting.html import write_report
from hpobench.store.read.reader import Results
from tests.support.results_factory import PROBLEMS, MadeProblem, hand_made, make_results, on_workers
from tests.unit.reporting.pages import OWN, Page, joined, report, words


def test_the_answer_stands_on_the_page(tmp_path: Path) -> None:
    runs = {("good", s): [(1.0, 0.1 + 0.01 * s)] for s in range(10)}
    runs |= {("poor", s): [(1.0, 0.3 - 0.01 * s)] for s in range(10)}
    text = words(report(hand_made(runs), tmp_path / "clear"))
    assert "Use good; the other one did worse." in text
    assert "over 1 problem and 10 seeds" in text
    assert "0.145 [" in text
    assert "too narrow" not in text


def test_few_seeds_make_nothing_clear(tmp_path: Path) -> None:
    ends = {"good": 0.1, "poor": 0.3, "last": 0.5}
    runs = {(name, s): [(1.0, end + 0.01 * s)] for name, end in ends.items() for s in range(3)}
    text = words(report(hand_made(runs), tmp_path))
    assert "good has the lowest regret so far, but 3 seeds are too few to say" in text
    assert text.count(" unclear ") == 2
    assert "with so few seeds the intervals are too narrow. Were losses normal, 95%" in text
    assert "hold the truth in about 75% of cases" in text


def test_failures_are_told(tmp_path: Path) -> None:
    page = report(make_results(), tmp_path)
    text = words(page)
    assert "2 of 60 runs failed (1 invalid, 1 timed out)" in text
    assert "(1 failed)" in text
    assert "no answer within 60 s" in text


def died(results: Results, *problems: str) -> Results:
    """``results`` had every run on ``problems`` died before the problem could be built."""
    gone = results.cells["problem"].isin(problems)
    cells = results.cells.assign(
        status=results.cells["status"].mask(gone, "failed"),
        error=results.cells["error"].mask(gone, "the process died (a crash in native code)"),
        clock=results.cells["clock"].mask(gone, 0.0),
    )
    return dataclasses.replace(results.select(~gone), cells=cells)


def test_problems_that_never_came_to_be_are_left_out_and_told(tmp_path: Path) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=2, failed=(("a", "timeout"),))
    page = report(died(results, "mlp-vehicle"), tmp_path / "some")
    text = words(page)
    assert "No result and no reference for mlp-vehicle: its 4 runs are not in the averages." in text
    assert "5 of 12 runs failed (4 lost, 1 timed out); 1 on problems with a reference" in text
    assert "over 2 problems and 2 seeds" in text
    assert page.text.count("the process died") == 4
    drawn = pd.read_csv(tmp_path / "some" / "tables" / "heatmap.csv")
    assert set(drawn["problem"]) == {"branin", "counting-ones"}
    alone = make_results(
        ["a", "b"], ["fifo"], problems=PROBLEMS[:2], seeds=2, failed=(("a", "timeout"),)
    )
    report(alone, tmp_path / "alone")
    for name in ("tables/mean_regret.csv", "tables/standings.csv", "tables/final_loss.csv"):
        some, without = (tmp_path / folder / name for folder in ("some", "alone"))
        assert some.read_text() == without.read_text(), name


def test_algorithms_whose_every_problem_is_missing_have_no_curves(tmp_path: Path) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    some = (results.cells["searcher"] == "a") | (results.cells["problem"] == "branin")
    text = words(report(died(results.select(some), "branin"), tmp_path))
    assert "no two algorithms ran on the same problems" in text
    assert "4 of 8 runs failed (4 lost)." in text


def test_no_problem_came_to_be(tmp_path: Path) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=1, failed=())
    page = report(died(results, *results.problems["problem"]), tmp_path)
    text = words(page)
    assert "Every run failed, so there is nothing to compare." in text
    assert "no reference for branin, counting-ones, mlp-vehicle: their 6 runs are not in" in text
    assert "6 of 6 runs failed (6 lost)." in text
    assert not page.charts
    assert {p.stem for p in (tmp_path / "tables").iterdir()} == {
        *("cost", "setting", "failures", "runs")
    }


@pytest.mark.parametrize(
    ("optimum", "clip"), [(np.nan, 1.0), (0.0, np.inf), (-np.inf, np.inf), (1.0, 1.0), (2.0, 1.0)]
)
def test_references_that_cannot_be_divided_by_are_left_out(
    tmp_path: Path, optimum: float, clip: float
) -> None:
    results = make_results(["a", "b"], ["fifo"], seeds=2, failed=())
    problems = results.problems.copy()
    problems.loc[0, ["optimum", "clip"]] = optimum, clip
    text = words(report(dataclasses.replace(results, problems=problems), tmp_path))
    assert "No reference to measure from for branin: its 4 runs are not in the averages." in text
    assert "over 2 problems" in text


def test_critical_differences_take_five_problems(tmp_path: Path) -> None:
    few = report(make_results(schedulers=["fifo"]), tmp_path / "few")
    told = "All algorithms on all problems: there is no figure F6, for testing whether algorithms"
    assert f"{told} differ takes 5 problems or more; here are 3." in words(few)
    problems = [MadeProblem(f"p{i}") for i in range(5)]
    report(make_results(problems=problems, schedulers=["fifo"]), tmp_path / "enough")
    assert (tmp_path / "enough" / "tables" / "critical_difference.csv").exists()
    pairs = pd.read_csv(tmp_path / "enough" / "tables" / "critical_pairs.csv")
    assert set(pairs["share"]) == {0.1, 0.25, 0.5, 1.0}


def test_speed_ups_are_shown_with_what_bounds_them(tmp_path: Path) -> None:
    runs = {("random", s): [(1.0, 0.3), (9.0, 0.05)] for s in range(3)}
    runs |= {("quick", s): [(1.0, 0.05)] for s in range(3)}
    runs |= {("never", s): [(1.0, 0.3), (9.0, 0.3)] for s in range(3)}
    text = words(report(hand_made(runs), tmp_path))
    assert "T2 Speed-up: all algorithms on all problems" in text
    assert "quick 9.00 [9.00, 9.00]" in text
    assert re.search(r"never [\d.]+ \[[\d., ]+\] <= [\d.]+ \[", text)
    report(hand_made({("quick", 0): [(1.0, 0.1)]}), tmp_path)
    assert not (tmp_path / "tables" / "speedup.csv").exists()


def test_the_axis_follows_the_budgets(tmp_path: Path) -> None:
    results = make_results(["a"], seeds=1, failed=())
    report(results, tmp_path / "time")
    spec = json.dumps({"budget": {"evaluations": 25.0, "time": None}})
    paid = dataclasses.replace(results, cells=results.cells.assign(spec=spec))
    page = Page(write_report(paid, tmp_path / "paid"))
    assert "The axis is resource paid for, in" in words(page)
    assert "The axis is time" not in words(page)
    table = pd.read_csv(tmp_path / "paid" / "tables" / "anytime_regret-counting-ones.csv")
    full = results.cells.loc[results.cells["problem"] == "counting-ones", "resource"] / 9
    assert table["at"].max() == pytest.approx(full.max())


def test_several_numbers_of_workers(tmp_path: Path) -> None:
    """Averages are of the most workers alone; F11, T4 and the runs are about all."""
    parts = {
        n: make_results(["random"], ["fifo"], PROBLEMS[:2], seeds=n + 1, failed=()) for n in (1, 2)
    }
    text = words(report(on_workers(parts), tmp_path))
    assert "There are runs with 1 and 2 workers. Figures and averages are of those with 2" in text
    assert "over 2 problems and 3 seeds" in text
    assert (tmp_path / "tables" / "efficiency.csv").is_file()
    assert pd.read_csv(tmp_path / "tables" / "cost.csv")["runs"].tolist() == [2 * 2 + 2 * 3]
    assert len(pd.read_csv(tmp_path / "tables" / "runs.csv")) == 10


def test_what_was_decided_is_told(tmp_path: Path) -> None:
    assert "a < b, said the rule" in words(
        report(make_results(seeds=1), tmp_path, decision="a < b, said the rule")
    )


def test_combinations_left_out_come_from_the_plan(tmp_path: Path) -> None:
    rows = [
        {"searcher": s, "scheduler": "asha", "problem": "branin", "reason": "needs several steps"}
        for s in ("random", "tpe")
    ]
    results = make_results(["random"], ["fifo"], seeds=2, failed=())
    planned = dataclasses.replace(results, plan={"skipped": rows, "cells": ["x"] * 9})
    text = words(report(planned, tmp_path))
    assert "random, tpe asha branin needs several steps" in text
    assert "Only 6 of 9 planned runs have ended" in text


def test_references_are_measured_where_nobody_knows_any(tmp_path: Path) -> None:
    """On one problem of two; regrets on the other stay as they are."""
    known = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, budget=10.0)
    runs = {(a, s): [(1.0, 0.5 + i), (2.0, 0.2 + i)] for i, a in enumerate("ab") for s in range(2)}
    parts = [hand_made(runs, problem=problem) for problem in (OWN, known)]
    results = joined(parts)
    text = words(report(results, tmp_path))
    assert "over 2 problems and 2 seeds" in text
    assert "Nobody knows reference losses for own. Regrets there are measured from these" in text
    assert "Both move when results are added" in text
    table: Any = pd.read_csv(tmp_path / "tables" / "problems.csv").set_index("problem")
    assert table.loc["own", ["optimum", "clip"]].tolist() == [0.2, 0.85]
    assert not table.loc["own", "known"]
    assert "best on record; not frozen but measured in these results" in text
    assert table.loc["p", ["optimum", "clip", "source"]].tolist() == [0.0, 1.0, "made up"]
    final = pd.read_csv(tmp_path / "tables" / "heatmap.csv").set_index(["problem", "algorithm"])
    assert final["nr"].to_dict() == pytest.approx(
        {("own", "a"): 0.0, ("own", "b"): 1.0, ("p", "a"): 0.2, ("p", "b"): 1.0}
    )


def test_all_references_known_is_not_worth_a_note(tmp_path: Path) -> None:
    assert "Nobody knows" not in words(report(make_results(seeds=1), tmp_path))


def test_numbers() -> None:
    assert [number(x) for x in (0.0, 1.5, 0.012345, 123456.0, -3.14159, 1e-9, np.nan)] == [
        "0.000",
        "1.50",
        "0.0123",
        "123,456",
        "-3.14",
        "1.00e-09",
        "-",
    ]
    assert interval(1.0, np.nan) == ""
    assert interval(1.0, 2.0, " ") == " [1.00, 2.00]"

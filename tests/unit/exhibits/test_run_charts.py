"""What is particular to the charts of runs, trials and configurations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.charting import Spec, chart
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import (
    efficiency,
    fidelity_correlation,
    lineage,
    parallel_coordinates,
    survival,
    timeline,
    total_time,
)
from hpobench.analysis.figures import INACTIVE
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import OneProblem, Study
from hpobench.store.read.reader import Results
from tests.support.curves_factory import ANY, drawn, study_of
from tests.support.results_factory import MadeProblem, make_population, make_results, on_workers
from tests.unit.exhibits.test_parallel_coordinates import SPACE, made, row_of

SETTINGS = Settings(repetitions=30, points=20)


def chart_of(exhibit: Any, study: Study) -> tuple[Spec, pd.DataFrame]:
    """That of the first subject, and its table."""
    subject = exhibit.subjects(study)[0]
    table = study.computed(exhibit.table, subject)
    return chart(exhibit.figure(study, subject, table)), table


def test_the_timeline_has_a_row_for_each_worker_under_each_scheduler() -> None:
    results = make_results(["random"], ["fifo", 'a"sha'], failed=())
    spec, table = chart_of(timeline, Study(results))
    assert spec["encoding"]["y"]["scale"]["domain"] == ["fifo", 'a"sha']
    bars, _, marks = spec["layer"]
    assert bars["encoding"]["yOffset"]["scale"]["domain"] == [0, 1, 2, 3]
    assert bars["encoding"]["x"]["scale"]["domain"] == [0, timeline.shown_until(table)]
    assert set(marks["encoding"]["shape"]["scale"]["domain"]) == set(table["ended"]) - {"cut"}


def test_a_timeline_on_which_all_is_cut_off_has_no_marks() -> None:
    study = Study(make_results(["random"], ["fifo"], failed=()))
    (runs,) = timeline.subjects(study)
    table = timeline.table(study, runs).assign(ended="cut")
    assert len(chart(timeline.figure(study, runs, table))["layer"]) == 2


def test_survival_draws_what_ended_early_and_begins_before_the_first_end() -> None:
    spec, table = chart_of(survival, Study(make_results(failed=()), SETTINGS))
    assert spec["transform"][0]["filter"]["oneOf"] == survival.selective(table)
    assert 0 < spec["encoding"]["x"]["scale"]["domain"][0] < table["at"][table["at"] > 0].min()


def test_efficiency_is_chosen_by_measure() -> None:
    parts = {n: make_results(["random", "tpe"], ["fifo"], seeds=2, failed=()) for n in (1, 4)}
    spec, table = chart_of(efficiency, Study(on_workers(parts), SETTINGS))
    (choice,) = spec["params"]
    assert (
        list(choice["bind"]["options"])
        == list(efficiency.MEASURES)
        == list(table["measure"].unique())
    )
    assert list(choice["bind"]["labels"]) == ["To regret 0.1", "To regret 0.01", "Evaluations"]
    assert spec["encoding"]["x"]["axis"]["values"] == (1, 4)
    low, high = spec["encoding"]["y"]["scale"]["domain"]
    means = table[table["problem"].isna()]["estimate"]
    assert low < means.min()
    assert high > means.max()


def test_strips_name_survivors_and_have_the_most_faithful_on_top() -> None:
    study = Study(make_results(["tpe"], ["asha"], failed=()), SETTINGS)
    spec, table = chart_of(fidelity_correlation, study)
    means = table[table["at"] < 1].groupby("problem")["estimate"].mean()
    order = means.sort_values(ascending=False).index
    assert spec["encoding"]["y"]["scale"]["domain"] == [f"{name} *" for name in order]
    assert table["selected"].all()


@pytest.mark.parametrize(("direction", "log"), [("minimize", True), ("maximize", False)])
def test_lineage_is_logarithmic_where_losses_fall_far(direction: str, log: bool) -> None:
    problem = MadeProblem(
        "cnn", steps=40, optimum=0.01, clip=1.0, known=False, budget=600.0, direction=direction
    )
    spec, _ = chart_of(lineage, Study(make_population(problem=problem)))
    assert (spec["encoding"]["y"]["scale"].get("type") == "log") is log


def of_families(results: Results) -> Results:
    """``results`` with each problem in a family of its own."""
    budget = {"budget": {"time": 3600.0}}
    specs = [json.dumps({**budget, "problem": {"name": p}}) for p in results.cells["problem"]]
    return replace(results, cells=results.cells.assign(spec=specs))


def test_total_time_draws_the_front_behind_the_curves() -> None:
    problems = [MadeProblem(f"p{i}") for i in range(5)]
    results = make_results(["a", "b"], ["fifo"], problems, seeds=2, failed=())
    spec, table = chart_of(total_time, Study(of_families(results), SETTINGS))
    front = spec["layer"][1]
    assert front["transform"] == [{"filter": "datum.front"}]
    assert table["front"].any()
    assert front["encoding"]["color"] != spec["encoding"]["color"]


def best(direction: str, table: pd.DataFrame) -> Spec:
    problem = OneProblem(row_of(direction=direction))
    return chart(parallel_coordinates.figure(study_of(ANY, SETTINGS), problem, table))


def test_configurations_cross_the_axes_and_tell_all_their_settings() -> None:
    spec = best("minimize", made())
    assert spec["encoding"]["x"]["scale"]["domain"] == [p.name for p in SPACE]
    assert "lr (log)" in spec["encoding"]["x"]["axis"]["labelExpr"]
    tooltip = spec["layer"][4]["encoding"]["tooltip"]
    assert [entry["title"] for entry in tooltip[:4]] == [p.name for p in SPACE]
    labels = [row["setting"] for layer in spec["layer"][5:] for row in layer["data"]["values"]]
    assert sorted(labels) == sorted(
        ["0.5", "1e-05", "8", "1", "tree", "a linear on\u2026", "0.123", "1", "0", "not active"]
    )
    low, _ = spec["encoding"]["y"]["scale"]["domain"]
    assert low < INACTIVE


def test_the_best_configuration_has_the_first_colour_in_either_direction() -> None:
    table = made()
    down, up = best("minimize", table), best("maximize", table.assign(value=100 - table["value"]))
    first = [spec["layer"][2]["encoding"]["color"]["scale"]["domain"][0] for spec in (down, up)]
    assert first == [1.0, 99.0]


def test_the_colour_bar_of_losses_far_apart_has_numbers(tmp_path: Path) -> None:
    """The formulas of matplotlib's own labels were printed as text."""
    table = made()
    for factor in (6.0, 1e4):
        values = np.geomspace(1e-4, 1e-4 * factor, int(table["line"].max()) + 1)
        shown = table.assign(value=values[table["line"]])
        figure = drawn(parallel_coordinates, study_of(ANY, SETTINGS), shown, OneProblem(row_of()))
        save(figure, tmp_path / "f13")
        labels = [text.get_text() for text in figure.axes[1].get_yticklabels()]
        assert any(labels)
        assert not any("$" in label for label in labels)

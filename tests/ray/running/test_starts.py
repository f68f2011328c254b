"""Searchers that start from given configurations and old trials, under Ray's schedulers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hpobench
from hpobench.analysis.exhibits import starts
from hpobench.analysis.study import Study
from tests.support.night import some

POINTS = [
    {"x0": 0.25, "x1": 0.5, "x2": 0.75, "x3": 0.1, "x4": 0.9, "x5": 0.3},
    {"x0": 0.5, "x1": 0.5, "x2": 0.5, "x3": 0.5, "x4": 0.5, "x5": 0.5},
    {"x0": 0.1, "x1": 0.2, "x2": 0.3, "x3": 0.4, "x4": 0.5, "x5": 0.6},
]
LEARN = ("optuna-tpe", "optuna-nsga2")
FIXED = ("random", "sobol")


def suite(**more: Any) -> dict[str, Any]:
    return {
        "name": "starts",
        "searchers": [*LEARN, *FIXED],
        "problems": [{"mf-hartmann": {"dimension": 6, "quality": "good"}}],
        "start": ["none", {"points": POINTS}],
        "seeds": 1,
        "workers": 2,
        "budget": {"evaluations": 25},
        **more,
    }


def proposals(results: hpobench.Analysis, searcher: str, scheduler: str) -> list[dict[str, Any]]:
    cells = results.cells
    (cell,) = cells[(cells["searcher"] == searcher) & (cells["scheduler"] == scheduler)]["cell"]
    rows = results.trials[results.trials["cell"] == cell].sort_values("trial")
    return [json.loads(text) for text in rows["config"]]


@pytest.mark.parametrize("scheduler", some(["asha", "fifo", "hyperband", "pbt"], 2))
def test_given_points_come_first_under_all_schedulers(scheduler: str, tmp_path: Path) -> None:
    folder = hpobench.run(suite(schedulers=[scheduler]), results=tmp_path, report=False)
    results = hpobench.load(folder)
    assert (results.cells["status"] == "done").all()
    for searcher in (*LEARN, *FIXED):
        assert proposals(results, f"{searcher}[start=points-3]", scheduler)[:3] == POINTS
        assert proposals(results, searcher, scheduler)[:3] != POINTS


def test_a_searcher_that_does_not_learn_goes_on_as_it_would_have_begun(tmp_path: Path) -> None:
    results = hpobench.load(hpobench.run(suite(), results=tmp_path, report=False))
    for searcher in FIXED:
        plain = proposals(results, searcher, "fifo")
        begun = proposals(results, f"{searcher}[start=points-3]", "fifo")
        assert begun[3:] == plain[: len(begun) - 3]


TOLD = ("optuna-tpe", "optuna-gp", "optuna-cmaes", "bounding-box", "quantile-transfer")
HISTORY = {
    "name": "old",
    "searchers": [*TOLD],
    "problems": [{"hpobench-mlp": {"dataset": "vehicle"}}],
    "start": ["none", {"history": {"trials": 20, "scale": "raw"}}, {"history": 20}],
    "seeds": [3],
    "workers": 1,
    "budget": {"trials": 14},
}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> hpobench.Analysis:
    folder = hpobench.run(HISTORY, results=tmp_path_factory.mktemp("old"), report=False)
    return hpobench.load(folder)


@pytest.mark.parametrize("searcher", some(TOLD, 2))
def test_old_trials_change_proposals_and_are_none(searcher: str, old: hpobench.Analysis) -> None:
    plain = proposals(old, searcher, "fifo")
    raw = proposals(old, f"{searcher}[start=history-20-raw]", "fifo")
    matched = proposals(old, f"{searcher}[start=history-20]", "fifo")
    assert len(plain) == len(raw) == len(matched) == 14
    assert raw != plain
    assert matched != plain
    if searcher in ("optuna-tpe", "optuna-gp"):
        assert matched[:4] == plain[:4], "matched trials wait for four losses"


def test_the_same_suite_is_the_same_bytes_once(tmp_path: Path, old: hpobench.Analysis) -> None:
    again = hpobench.load(hpobench.run(HISTORY, results=tmp_path, report=False))
    pd.testing.assert_frame_equal(again.events, old.events)
    assert again.cells["cell"].tolist() == old.cells["cell"].tolist()
    rerun = hpobench.load(hpobench.run(HISTORY, results=tmp_path, report=False))
    assert rerun.cells["provenance"].tolist() == again.cells["provenance"].tolist()


def test_the_results_say_what_starts_are_worth(old: hpobench.Analysis) -> None:
    study = Study(old.results)
    (comparison,) = starts.subjects(study)
    table = starts.table(study, comparison)
    assert set(table["given"]) == {"history-20", "history-20-raw"}
    assert len(table) == 4 * 2 * len(TOLD)

"""Searchers that end their runs early, under Ray's schedulers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hpobench
from hpobench.analysis.exhibits import stops
from hpobench.analysis.study import Study
from tests.support.night import some

PATIENT = "[stop=patience-5]"


def suite(**more: Any) -> dict[str, Any]:
    return {
        "name": "stops",
        "searchers": ["random", "optuna-tpe"],
        "problems": [{"mf-hartmann": {"dimension": 3, "quality": "good"}}],
        "stop": ["none", {"patience": 5}],
        "seeds": 2,
        "workers": 1,
        "budget": {"trials": 60},
        **more,
    }


def loaded(folder: Path, **more: Any) -> hpobench.Analysis:
    return hpobench.load(hpobench.run(suite(**more), results=folder, report=False))


def events(results: hpobench.Analysis, searcher: str, seed: int) -> pd.DataFrame:
    cells = results.cells
    (cell,) = cells[(cells["searcher"] == searcher) & (cells["seed"] == seed)]["cell"]
    rows: pd.DataFrame = results.events[results.events["cell"] == cell]
    return rows.drop(columns="cell").reset_index(drop=True)


def test_a_stopped_run_is_the_beginning_of_the_whole_one(tmp_path: Path) -> None:
    results = loaded(tmp_path)
    for searcher in ("random", "optuna-tpe"):
        for seed in (0, 1):
            whole = events(results, searcher, seed)
            part = events(results, searcher + PATIENT, seed)
            assert 0 < len(part) < len(whole)
            pd.testing.assert_frame_equal(part, whole.iloc[: len(part)])
            full = part[part["step"] == part["step"].max()]["loss"]
            assert full.argmin() == len(full) - 6, "five trials after the best one"


@pytest.mark.parametrize("scheduler", some(["asha", "hyperband"], 1))
def test_runs_stop_under_schedulers_that_end_trials(scheduler: str, tmp_path: Path) -> None:
    trials = _trials(tmp_path, scheduler)
    assert (trials[trials.index.str.endswith(PATIENT)] < 200).all()


@pytest.mark.parametrize("scheduler", some(["median", "asha-promote", "pasha"], 1))
def test_runs_end_where_losses_at_full_fidelity_come_late(scheduler: str, tmp_path: Path) -> None:
    assert (_trials(tmp_path, scheduler) <= 200).all()


def _trials(folder: Path, scheduler: str) -> pd.Series:
    """The most trials of a run, by its searcher."""
    results = loaded(folder, schedulers=[scheduler], workers=4, budget={"trials": 200})
    assert (results.cells["status"] == "done").all()
    assert set(results.trials["status"].astype(str)) <= {"completed", "stopped"}
    trials: pd.Series = results.cells.groupby("searcher")["trials"].max()
    assert (trials[~trials.index.str.endswith(PATIENT)] == 200).all()
    return trials


def test_the_results_say_what_stopping_saved_and_what_it_cost(tmp_path: Path) -> None:
    study = Study(loaded(tmp_path, start=["none", "default"], searchers=["random"]).results)
    (comparison,) = stops.subjects(study)
    table = stops.table(study, comparison)
    assert list(table["plain"]) == ["random", "random[start=default]"]
    assert ((table["saved"] > 0) & (table["saved"] < 1) & (table["cost"] >= 0)).all()

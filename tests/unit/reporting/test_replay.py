"""Runs as the rows and the chart of an animation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.charting.scripted_charts import STATES
from hpobench.analysis.core.curves import algorithm_names
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.reporting import replays
from hpobench.reporting.replays import COLUMNS, replayed, run_rows, thinned
from hpobench.store.read.reader import Results
from tests.support.frames import tuples
from tests.support.present import present
from tests.support.results_factory import MadeProblem, make_population, make_results

FEW = Settings(repetitions=20, points=10)


@pytest.fixture(scope="module")
def made() -> Results:
    return make_results(["random", "tpe"], seeds=2, failed=())


@pytest.fixture(scope="module")
def population() -> Results:
    return make_population()


def _rows(results: Results, scheduler: str, problem: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the first such run, and its events."""
    cells = results.cells
    cell = cells[(cells["scheduler"] == scheduler) & (cells["problem"] == problem)]["cell"].iloc[0]
    events, trials = (x[x["cell"] == cell] for x in (results.events, results.trials))
    row = results.problems[results.problems["problem"] == problem].iloc[0]
    return run_rows(events, trials, row), events.reset_index(drop=True)


def test_a_run_for_each_scheduler_of_the_best_searcher(made: Results) -> None:
    study = Study(made, FEW)
    found = present(replayed(study))
    assert found.problem == "counting-ones"  # the first with several steps
    cells = made.cells.assign(algorithm=algorithm_names(made.cells))
    of = {f"{c.algorithm}, seed {c.seed}": c.scheduler for c in tuples(cells)}
    assert sorted(of[run.title] for run in found.runs) == ["asha", "fifo"]
    assert all(run.title.startswith("tpe") and run.title.endswith("seed 0") for run in found.runs)
    assert {run.workers for run in found.runs} == {4}
    assert all(run.thinned == "" for run in found.runs)
    assert len({run.id for run in found.runs}) == 2


def test_the_same_results_give_the_same_replay(made: Results) -> None:
    assert replayed(Study(made, FEW)) == replayed(Study(made, FEW))


def test_the_incumbent_is_that_of_plain_loops(made: Results) -> None:
    for problem, sign in (("counting-ones", 1), ("mlp-vehicle", -1)):
        rows, events = _rows(made, "asha", problem)
        assert list(rows.columns) == COLUMNS
        best, leader = np.inf, -1
        for row, event in zip(tuples(rows), tuples(events), strict=True):
            if event.loss < best:
                best, leader = event.loss, event.trial
            assert (row.trial, row.clock) == (event.trial, event.clock)
            assert row.best == sign * best
            assert row.leader == row.stretch if leader == row.trial else row.leader != row.stretch


def test_each_stretch_ends_as_its_trial_did(made: Results) -> None:
    rows, events = _rows(made, "asha", "counting-ones")
    trials = made.trials[made.trials["cell"] == events["cell"].iloc[0]].set_index("trial")
    last = rows.drop_duplicates("trial", keep="last").set_index("trial")
    assert (last["ended"] == trials.loc[last.index, "status"].astype(str)).all()
    assert rows["ended"].notna().sum() == len(last)
    assert last["next"].isna().all()
    assert (rows["next"].dropna() > rows["clock"][rows["next"].notna()]).all()


def test_what_is_completed_is_so_from_its_last_result_on(made: Results) -> None:
    late = Results(**{**vars(made), "trials": made.trials.assign(end=1e6)})
    rows, _ = _rows(late, "asha", "counting-ones")
    done = rows[rows["ended"] == "completed"]
    assert len(done) > 0
    assert (done["end"] == done["clock"]).all()
    assert (rows.loc[rows["ended"] == "stopped", "end"] == 1e6).all()


def test_a_clone_goes_on_from_the_state_of_another_trial(population: Results) -> None:
    rows, _ = _rows(population, "pbt", "cnn")
    clones = rows[rows["parent_value"].notna()]
    assert len(clones) > 0
    assert (clones["x"] == clones["parent_x"] + 1).all()
    replaced = rows[rows["ended"] == "replaced"]
    assert len(replaced) == len(clones)  # what each clone's trial had before
    assert (replaced["end"] >= replaced["clock"]).all()


def test_losses_that_are_not_finite_lead_nowhere(made: Results) -> None:
    events = made.events.assign(loss=np.where(made.events["step"] == 1, np.nan, np.inf))
    rows, _ = _rows(Results(**{**vars(made), "events": events}), "asha", "counting-ones")
    assert rows["value"].isna().all()
    assert rows[["best", "leader"]].isna().all(axis=None)


def test_steps_are_in_units_of_the_fidelity_and_single_ones_in_trials(made: Results) -> None:
    problems = made.problems.assign(unit=8.0)
    wide = Results(**{**vars(made), "problems": problems})
    rows, events = _rows(wide, "asha", "counting-ones")
    assert (rows["x"] == 8.0 * events["step"]).all()
    rows, events = _rows(wide, "fifo", "branin")
    assert (rows["x"] == events["trial"]).all()


def test_too_many_results_leave_whole_trials_out(monkeypatch: pytest.MonkeyPatch) -> None:
    results = make_population(trials=12)
    rows, _ = _rows(results, "fifo", "cnn")
    monkeypatch.setattr(replays, "MOST_RESULTS", 200)
    kept = thinned(rows)
    assert 0 < len(kept) <= 200
    whole = rows[rows["trial"].isin(kept["trial"])]
    pd.testing.assert_frame_equal(kept, whole)
    assert rows["leader"].iloc[-1] in set(kept["stretch"])
    monkeypatch.setattr(replays, "MOST_RESULTS", 30)
    assert len(thinned(rows)) <= 30  # fewer than one trial has
    found = present(replayed(Study(results, FEW)))
    assert "of 12 trials" in found.runs[0].thinned


def test_runs_that_failed_are_not_replayed() -> None:
    problem = MadeProblem("p", steps=3)
    made = make_results(["random"], ["fifo", "asha"], [problem], seeds=1, failed=())
    status = made.cells["scheduler"].map({"fifo": "done", "asha": "failed"})
    found = present(
        replayed(Study(Results(**{**vars(made), "cells": made.cells.assign(status=status)})))
    )
    assert len(found.runs) == 1
    without = Results(**{**vars(made), "trials": made.trials.iloc[:0]})
    assert replayed(Study(without, FEW)) is None


def _nested(spec: Any) -> Iterator[Any]:
    if isinstance(spec, dict):
        yield spec
        for value in spec.values():
            yield from _nested(value)
    if isinstance(spec, list):
        for value in spec:
            yield from _nested(value)


def test_axes_stand_still_and_colours_are_of_known_states(made: Results) -> None:
    found = present(replayed(Study(made, FEW)))
    for run in found.runs:
        json.dumps(run.spec, allow_nan=False)
        scales = [part["scale"] for part in _nested(run.spec) if "scale" in part]
        assert all("domain" in scale for scale in scales)
        (colours,) = [scale["domain"] for scale in scales if "range" in scale]
        assert set(colours) <= set(STATES)
    text = str(found.data)
    assert "<" not in text
    assert [one["id"] for one in json.loads(text)] == [run.id for run in found.runs]

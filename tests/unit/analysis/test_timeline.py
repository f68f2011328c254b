"""The bars of F10's timeline: by hand, and against every event."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.exhibits import timeline
from hpobench.analysis.exhibits.timeline import BARS, COLUMNS, shown_until
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import SomeRuns, Study
from hpobench.store.read.reader import Results
from tests.support.frames import tuples
from tests.support.results_factory import PROBLEMS, hand_made, make_population, make_results


def run_of(rows: list[tuple[Any, ...]], statuses: dict[int, str]) -> Results:
    """From (trial, step, clock, cost, worker, decision[, parent, parent_step])."""
    base = hand_made({("a", 0): [(1.0, 0.5)] * len(rows)})
    names = ["trial", "step", "clock", "cost", "worker", "decision"]
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    parents = {"parent": 6, "parent_step": 7}
    clones = {n: [row[i] if len(row) > 6 else np.nan for row in rows] for n, i in parents.items()}
    trials = pd.DataFrame({"cell": "a-0", "trial": [*statuses], "status": [*statuses.values()]})
    return dataclasses.replace(base, events=base.events.assign(**columns, **clones), trials=trials)


def bars_table(results: Results, cells: pd.DataFrame) -> pd.DataFrame:
    return timeline.table(Study(results, Settings()), SomeRuns(cells, results.problems.iloc[0]))


def shown_runs(results: Results) -> pd.DataFrame:
    (shown,) = timeline.subjects(Study(results))
    return shown.cells


def bars_of(results: Results) -> list[tuple[Any, ...]]:
    table = bars_table(results, results.cells)
    assert list(table.columns) == COLUMNS
    shown = table.drop(columns="cell").astype(object)
    known = table.drop(columns="cell").notna()
    return list(shown.where(known, None).itertuples(index=False, name=None))


def test_pauses_and_ends_by_hand() -> None:
    """Trial 0 pauses at its first rung and goes on later on the other worker; 1 is stopped; 2 is
    cut off after a step."""
    rows = [
        (0, 1, 1.0, 1.0, 0, "CONTINUE"),
        (0, 2, 2.0, 1.0, 0, "PAUSE"),
        (1, 1, 3.0, 3.0, 1, "STOP"),
        (2, 1, 4.0, 2.0, 0, "CONTINUE"),
        (0, 3, 5.0, 2.0, 1, "CONTINUE"),
        (0, 4, 6.0, 1.0, 1, "STOP"),
    ]
    found = bars_of(run_of(rows, {0: "completed", 1: "stopped", 2: "cut"}))
    none = (None,) * 4
    assert found == [
        (0, 0, 0.0, 2.0, 1, 2, "paused", *none),
        (1, 1, 0.0, 3.0, 1, 1, "stopped", *none),
        (0, 2, 2.0, 4.0, 1, 1, "cut", *none),
        (1, 0, 3.0, 6.0, 3, 4, "completed", *none),
    ]


def test_a_pause_on_the_same_worker_is_a_break() -> None:
    rows = [(0, 1, 1.0, 1.0, 0, "PAUSE"), (0, 2, 2.0, 1.0, 0, "CONTINUE")]
    found = bars_of(run_of(rows, {0: "failed"}))
    assert [(b[2], b[3], b[6]) for b in found] == [(0.0, 1.0, "paused"), (1.0, 2.0, "failed")]


def test_clones_by_hand() -> None:
    """Trial 1 goes on from 0's first step, on another worker."""
    rows = [
        (0, 1, 1.0, 1.0, 0, "CONTINUE"),
        (1, 1, 1.5, 1.5, 1, "CONTINUE"),
        (0, 2, 2.0, 1.0, 0, "STOP"),
        (1, 2, 3.0, 1.0, 1, "STOP", 0, 1),
    ]
    assert bars_of(run_of(rows, {0: "completed", 1: "completed"})) == [
        (0, 0, 0.0, 2.0, 1, 2, "completed", None, None, None, None),
        (1, 1, 0.0, 1.5, 1, 1, "paused", None, None, None, None),
        (1, 1, 2.0, 3.0, 2, 2, "completed", 0, 1, 0, 1.0),
    ]


@pytest.mark.parametrize(
    "results", [make_results(seeds=1), make_population(12)], ids=["made", "population"]
)
def test_bars_hold_every_step_of_a_run(results: Results) -> None:
    table = bars_table(results, results.cells)
    status = {(t.cell, t.trial): t.status for t in tuples(results.trials)}
    assert len(table) > 60
    for cell, own in table.groupby("cell"):
        events = results.events[results.events["cell"] == cell]
        assert own["begin"].is_monotonic_increasing
        assert (own["end"] - own["begin"]).sum() == pytest.approx(events["cost"].sum())
        assert (own["last_step"] - own["first_step"] + 1).sum() == len(events)
        clones = events[events["parent"].notna()]
        cloned = own[own["parent"].notna()].sort_values("end")
        assert sorted(cloned["parent"]) == sorted(clones["parent"])
        for bar in tuples(cloned):
            donor = events[
                (events["trial"] == bar.parent)
                & (events["step"] == bar.parent_step)
                & (events["clock"] <= bar.begin + 1e-9)
            ].iloc[-1]
            assert bar.parent_worker == donor["worker"]
            assert bar.parent_clock == pytest.approx(donor["clock"])
        for trial, bars in own.groupby("trial"):
            assert bars["ended"].tolist()[:-1] == ["paused"] * (len(bars) - 1)
            assert bars["ended"].iloc[-1] == status[cell, trial]


def test_one_searchers_runs_on_the_first_of_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    results = make_results(["gp", "tpe", "random"], ["fifo", "asha", "median"])
    shown = shown_runs(results)  # the first cells of gp and tpe failed
    assert shown["scheduler"].tolist() == ["fifo", "asha", "median"]
    assert shown["problem"].unique().tolist() == ["counting-ones"]
    assert shown[["searcher", "seed"]].drop_duplicates().values.tolist() == [["gp", 0]]
    monkeypatch.setattr(timeline, "MOST", 2)
    assert len(shown_runs(results)) == 2


def test_the_searcher_and_seed_with_the_most_schedulers() -> None:
    results = make_results(["a", "b"], ["fifo", "asha"], seeds=2, failed=())
    cells = results.cells
    kept = ~((cells["searcher"] == "a") & (cells["scheduler"] == "asha"))
    kept &= ~((cells["searcher"] == "b") & (cells["seed"] == 0) & (cells["scheduler"] == "fifo"))
    shown = shown_runs(results.select(kept))
    assert shown["searcher"].tolist() == ["b", "b"]
    assert shown["seed"].tolist() == [1, 1]


def test_no_run_to_show() -> None:
    single = make_results(problems=PROBLEMS[:1])
    assert timeline.subjects(Study(single)) == []
    table = bars_table(single, single.cells[:0])
    assert table.empty
    assert list(table.columns) == COLUMNS
    assert shown_until(table) == np.inf


def test_time_is_cut_where_the_busiest_run_has_too_many_bars() -> None:
    bars = pd.DataFrame({"cell": ["a"] * BARS, "begin": np.arange(BARS) * 1.0})
    assert shown_until(bars) == np.inf
    more = pd.DataFrame({"cell": ["b"] * (BARS + 3), "begin": np.arange(BARS + 3) * 0.5})
    assert shown_until(pd.concat([bars, more], ignore_index=True)) == BARS * 0.5

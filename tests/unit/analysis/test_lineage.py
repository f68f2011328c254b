"""Lineage: against a plain search through the events, and against cases worked out by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.exhibits.lineage import lineage, subjects
from hpobench.analysis.study import Study
from hpobench.contract.problem import Objective
from hpobench.store.read.reader import Results
from tests.support.frames import by_stretch, tuples
from tests.support.lineage_faults import lineage_faults
from tests.support.results_factory import POPULATION, make_population, make_results

LOSS, ACCURACY = Objective("loss"), Objective("accuracy", "maximize")


def run(trials: int, **options: Any) -> pd.DataFrame:
    """The events of one run of population-based training."""
    events = make_population(trials, seeds=1, **options).events
    return events[events["cell"] == "random-pbt-cnn-0"]


def events_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """(trial, step, loss) or (trial, step, loss, parent, parent_step); one a second."""
    return pd.DataFrame(
        {
            "cell": "c",
            "trial": [row[0] for row in rows],
            "step": [row[1] for row in rows],
            "clock": np.arange(1.0, len(rows) + 1),
            "loss": [row[2] for row in rows],
            "parent": [row[3] if len(row) > 3 else np.nan for row in rows],
            "parent_step": [row[4] if len(row) > 3 else np.nan for row in rows],
            "config": ["{}" if len(row) > 3 else None for row in rows],
        }
    )


def earlier(rows: list[Any], n: int, trial: int, step: int | None = None) -> int | None:
    """The last of the first ``n`` rows that is of ``trial`` (and at ``step``)."""
    found = [i for i in range(n) if rows[i].trial == trial and (step in (None, rows[i].step))]
    return found[-1] if found else None


def naive_before(rows: list[Any], n: int) -> int | None:
    row = rows[n]
    if pd.isna(row.parent):
        return earlier(rows, n, row.trial)
    return earlier(rows, n, int(row.parent), int(row.parent_step))


@pytest.mark.parametrize("trials", [2, 4, 8, 20, 30])
@pytest.mark.parametrize("interval", [1, 4])
def test_against_a_plain_search(trials: int, interval: int) -> None:
    events = run(trials, interval=interval)
    rows = list(tuples(events))
    table: Any = lineage(events, LOSS)
    assert len(table) == len(rows)

    best: int | None = min(range(len(rows)), key=lambda n: rows[n].loss)
    ancestors = set()
    while best is not None:
        ancestors.add(best)
        best = naive_before(rows, best)
    assert set(np.flatnonzero(table["ancestor"])) == ancestors

    starts = [n for n in range(len(rows)) if rows[n].step == 1 or not pd.isna(rows[n].parent)]
    members: dict[int, list[int]] = {}
    for n, row in enumerate(rows):
        members.setdefault(max(s for s in starts if s <= n and rows[s].trial == row.trial), [])
        members[max(s for s in starts if s <= n and rows[s].trial == row.trial)].append(n)
    found = by_stretch(table)
    assert len(found) == len(starts) > trials
    for part, start in zip(tuples(found), starts, strict=True):
        own = members[start]
        assert table.index[table["stretch"] == part.stretch].tolist() == own
        first, last = rows[own[0]], rows[own[-1]]
        for end, row in (("first", first), ("last", last)):
            got = [getattr(part, f"{end}_{c}") for c in ("step", "clock", "value")]
            assert got == [row.step, row.clock, row.loss]
        assert part.trial == first.trial
        assert part.ancestor == bool(ancestors & set(own))
        if pd.isna(first.parent):
            assert pd.isna(part.parent)
            assert pd.isna(part.parent_stretch)
            continue
        donor = naive_before(rows, own[0])
        assert (part.parent, part.parent_step) == (first.parent, first.parent_step)
        assert donor in members[starts[part.parent_stretch]]
        assert table.loc[own[0], "parent_value"] == rows[donor].loss


def test_the_made_runs_hold_the_hard_case() -> None:
    """Trials that were set back and reached a step twice."""
    events = run(8, interval=1)
    assert events.duplicated(["trial", "step"]).any()
    assert events["parent"].notna().sum() > 20


def test_by_hand() -> None:
    """1 goes on from 0's first step; 0 from what 1 made of it; the best is 0's, then 1 is worse."""
    events = events_of(
        (0, 1, 0.5), (1, 1, 0.9), (0, 2, 0.6), (1, 2, 0.4, 0, 1), (0, 3, 0.3, 1, 2), (1, 3, 0.35)
    )
    table = lineage(events, ACCURACY)
    assert table["stretch"].tolist() == [0, 1, 0, 2, 3, 2]
    assert table["ancestor"].tolist() == [True, False, False, True, True, False]
    assert table["value"].tolist() == [-0.5, -0.9, -0.6, -0.4, -0.3, -0.35]
    found: Any = by_stretch(table).set_index("stretch")
    assert found["parent_stretch"].tolist() == [pd.NA, pd.NA, 0, 2]
    assert found.loc[2, ["first_step", "last_step", "first_clock", "last_clock"]].tolist() == [
        2, 3, 4.0, 6.0,
    ]  # fmt: skip
    assert lineage_faults(events) == []


def test_the_later_state_counts_where_a_trial_was_set_back() -> None:
    """0 reaches step 2 twice, the second time by way of 1."""
    events = events_of(
        (0, 1, 0.9), (1, 1, 0.8), (0, 2, 0.7), (0, 2, 0.6, 1, 1), (2, 1, 0.9), (2, 3, 0.1, 0, 2)
    )
    table = lineage(events, LOSS)
    assert np.flatnonzero(table["ancestor"]).tolist() == [1, 3, 5]
    assert table["parent_value"].tolist()[3:] == [0.8, pytest.approx(np.nan, nan_ok=True), 0.6]


def test_losses_that_are_no_number_lead_nowhere() -> None:
    events = events_of((0, 1, -np.inf), (1, 1, 0.8), (0, 2, np.nan))
    table = lineage(events, LOSS)
    assert table["ancestor"].tolist() == [False, True, False]
    assert table["value"].isna().tolist() == [True, False, True]
    assert not lineage(events.iloc[[0, 2]], LOSS)["ancestor"].any()


def shown(results: Results) -> list[str]:
    return [run.cells["cell"].item() for run in subjects(Study(results))]


def test_the_runs_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    results = make_population(4, seeds=3)
    more = make_population(4, seeds=3, problem=dataclasses.replace(POPULATION, name="other"))
    both = dataclasses.replace(
        results,
        cells=pd.concat([results.cells, more.cells], ignore_index=True),
        events=pd.concat([results.events.astype({"cell": str}), more.events.astype({"cell": str})]),
        problems=pd.concat([results.problems, more.problems], ignore_index=True),
    )
    both.cells.loc[both.cells["cell"] == "random-pbt-cnn-0", "status"] = "failed"
    assert shown(both) == ["random-pbt-cnn-1", "random-pbt-other-0"]
    monkeypatch.setattr("hpobench.analysis.exhibits.lineage.MOST", 1)
    assert shown(both) == ["random-pbt-cnn-1"]
    assert shown(make_results(seeds=1)) == []


@pytest.mark.parametrize("trials", [2, 8, 20])
def test_sound_lineage_has_no_faults(trials: int) -> None:
    assert lineage_faults(make_population(trials).events) == []
    assert lineage_faults(make_results(seeds=1).events) == []


@pytest.mark.parametrize(
    ("last", "fault"),
    [
        ((1, 3, 0.1, 7, 2), "trial 1, step 3: goes on from trial 7, step 2, which had not been"),
        ((1, 4, 0.1, 0, 3), "trial 1, step 4: goes on from trial 0, step 3, which had not been"),
        ((1, 2, 0.1, 0, 2), "trial 1, step 2: is not the step after its parent's (trial 0, step 2"),
        ((1, 3, 0.1), "trial 1, step 3: comes after step 1 without a parent"),
        ((2, 2, 0.1), "trial 2, step 2: comes after step 0 without a parent"),
        ((1, 3, 0.1, 0, np.nan), "trial 1, step 3: parent, parent_step and config are not given"),
    ],
)
def test_faults(last: tuple[Any, ...], fault: str) -> None:
    (found,) = lineage_faults(events_of((0, 1, 0.5), (1, 1, 0.9), (0, 2, 0.6), last))
    assert found.startswith(f"c: {fault}")


def test_a_parent_must_be_of_the_same_run_and_not_of_later() -> None:
    events = events_of((0, 1, 0.5), (0, 2, 0.6), (1, 1, 0.9), (1, 3, 0.1, 0, 2))
    assert lineage_faults(events) == []
    assert len(lineage_faults(events.assign(cell=["c", "c", "d", "d"]))) == 1
    assert len(lineage_faults(events.assign(clock=[1.0, 9.0, 2.0, 3.0]))) == 1

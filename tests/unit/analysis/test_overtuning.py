"""What choosing on the visible loss costs, by hand and by loops."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.exhibits import overtuning
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.store.read.reader import Results
from tests.support.results_factory import MadeProblem, hand_made, make_results

SETTINGS = Settings(repetitions=50, points=50)
PROBLEM = MadeProblem("p", steps=1, optimum=0.0, clip=1.0, budget=10.0, heldout=True)


def test_by_hand() -> None:
    """At half of the budget the incumbent tests at 0.5, where 0.3 was seen; at the end at 0.4."""
    runs = {("a", 0): [(1.0, 0.9), (2.0, 0.8), (4.0, 0.7), (10.0, 0.1)]}
    heldout = {("a", 0): [0.6, 0.5, 0.3, 0.4]}
    runs["a", 1] = [(1.0, 0.9), (4.0, 0.95), (10.0, 0.99)]
    heldout["a", 1] = [0.6, 0.2, 0.7]
    study = Study(hand_made(runs, problem=PROBLEM, heldout=heldout), SETTINGS)
    table = overtuning.table(study, study.comparisons[0])
    assert table["share"].tolist() == [0.1, 0.25, 0.5, 1.0]
    # Seed 0: 0.6, 0.5, 0.3, 0.4 less 0.6, 0.5, 0.3, 0.3. Seed 1: 0.6 less 0.6, 0.6, 0.2, 0.2.
    assert table["estimate"].tolist() == pytest.approx([0.0, 0.0, 0.2, (0.1 + 0.4) / 2])
    assert table["regret"].tolist() == pytest.approx([0.6, 0.55, 0.45, 0.5])
    grid = overtuning.grid(table)
    assert grid.columns == ["Algorithm", "10%", "25%", "50%", "100%", "Final nr"]
    assert [field.text for field in grid.rows[0]][3:] == ["0.200", "0.250", "0.500"]


def made(families: int = 6) -> Results:
    known: Any = {"optimum": 0.1, "clip": 0.5, "budget": 300.0, "cost": 3.0}
    problems = [MadeProblem(f"p{i}", heldout=i < 4, **known) for i in range(families)]
    failed = [("tpe", "failed")]
    results = make_results(["random", "tpe"], ["fifo"], problems, seeds=2, failed=failed)
    results.cells["spec"] = [json.dumps({"problem": {"name": p}}) for p in results.cells["problem"]]
    return results


def test_by_loops() -> None:
    results = made()
    study = Study(results, SETTINGS)
    (comparison,) = overtuning.subjects(study)
    table = overtuning.table(study, comparison)
    shares = comparison.curves.share
    for _, row in table.iterrows():
        at = shares[shares <= row["share"] + 1e-9].max()
        lost = []
        for _, cell in results.cells[results.cells["searcher"] == row["algorithm"]].iterrows():
            if cell["problem"] in ("p4", "p5"):
                continue
            p = comparison.curves.problems.index(cell["problem"])
            events = results.events[results.events["cell"] == cell["cell"]]
            events = events[events["clock"] <= at * comparison.curves.horizon[p]]
            lost.append(lost_by(events) if cell["status"] == "done" else 0.0)
        assert len(lost) == 8
        assert row["estimate"] == pytest.approx(np.mean(lost))
    assert (table["estimate"] > 0).all()


def lost_by(events: pd.DataFrame) -> float:
    """In normalised regret; the losses of made runs lie between the references."""
    events = events[np.isfinite(events["loss"])]
    if events.empty:
        return 0.0
    chosen = float(events["heldout"].iloc[int(np.argmin(events["loss"]))])
    nr = np.clip((np.array([chosen, events["heldout"].min()]) - 0.1) / 0.4, 0, 1)
    return float(nr[0] - nr[1])


def test_the_caption_counts_the_problems() -> None:
    study = Study(made(), SETTINGS)
    (comparison,) = overtuning.subjects(study)
    text = overtuning.caption(study, comparison, overtuning.table(study, comparison))
    assert "over 4 problems and 2 seeds, of 6 problems those with held-out losses" in text


def test_without_held_out_losses_there_is_nothing_to_show() -> None:
    results = made()
    results.problems["heldout"] = False
    assert overtuning.subjects(Study(results, SETTINGS)) == []

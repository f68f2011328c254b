"""Quality against the clock and the thinking together, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpobench.analysis.exhibits import total_time
from hpobench.analysis.exhibits.total_time import _front
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.store.read.reader import Results
from tests.support.curves_factory import drawn
from tests.support.results_factory import hand_made

SETTINGS = Settings(repetitions=50, points=40)


def thinkers() -> Results:
    """``b`` finds better configurations at the same times of the clock, but thinks 5 s on each;
    ``a`` thinks for a quarter of one. The clip is 1, and the optimum 0."""
    losses = {"a": (0.5, 0.2), "b": (0.4, 0.1)}
    runs = {(name, 0): [(1.0, first), (10.0, last)] for name, (first, last) in losses.items()}
    results = hand_made(runs)
    results.trials["observe_s"] = 0.0
    results.trials.loc[results.trials["cell"].astype(str).str.startswith("b"), "suggest_s"] = 5.0
    for column in ("suggest_s", "observe_s"):
        sums = results.trials.groupby("cell", observed=True)[column].sum()
        results.cells[column] = results.cells["cell"].map(sums).astype(float)
    return results


def test_thinking_moves_results_to_later() -> None:
    """Results of ``a`` at 1.25 and 10.5 s, of ``b`` at 6 and 20 s, which is all there is."""
    study = Study(thinkers(), SETTINGS)
    table = total_time.table(study, study.comparisons[0])
    at = np.array([1.0, 1.3, 5.9, 6.1, 10.4, 10.6, 19.9, 20.0]) / 20
    found = {
        name: rows["estimate"].to_numpy()[np.searchsorted(rows["at"], at + 1e-9, "right") - 1]
        for name, rows in table.groupby("algorithm")
    }
    grid = table["at"].unique()
    at = grid[np.searchsorted(grid, at + 1e-9, "right") - 1] * 20
    assert found["a"].tolist() == pytest.approx(np.select([at < 1.25, at < 10.5], [1, 0.5], 0.2))
    assert found["b"].tolist() == pytest.approx(np.select([at < 6, at < 20], [1, 0.4], 0.1))
    front = table[table["front"]]
    leads = {name: rows["at"].to_numpy() * 20 for name, rows in front.groupby("algorithm")}
    assert all(1.25 <= at < 6 or 10.5 <= at < 20 for at in leads["a"])
    assert ((leads["b"] >= 6) & (leads["b"] < 10.5) | (leads["b"] >= 20 - 1e-9)).all()
    assert front["at"].is_unique
    text = total_time.caption(study, study.comparisons[0], table)
    assert "On the grey line: a at 10%, b at 50%, b at 100% of the longest run's." in text


def test_the_axis_is_the_same_whatever_the_budgets_are_in() -> None:
    results = thinkers()
    tables = []
    for axis in ("time", "evaluations", "time+thinking"):
        study = Study(results, Settings(axis=axis, repetitions=50, points=40))
        tables.append(total_time.table(study, study.comparisons[0]))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_the_front() -> None:
    """Who is level with the leader does not lead; nobody does where all are level."""
    estimate = np.array([[1.0, 0.5, 0.5, 0.3], [1.0, 0.6, 0.5, 0.2], [1.0, 1.0, 1.0, 0.2]])
    assert _front(estimate).tolist() == [
        [False, True, True, False],
        [False, False, False, True],
        [False, False, False, False],
    ]


def test_the_front_is_drawn_behind_the_curves() -> None:
    study = Study(thinkers(), SETTINGS)
    table = total_time.table(study, study.comparisons[0])
    ax: Any = drawn(total_time, study, table).axes[0]
    behind = [line for line in ax.lines if line.get_linewidth() > 5]
    front = table[table["front"]].sort_values("at")
    assert len(behind) == 1
    np.testing.assert_array_equal(behind[0].get_ydata(), front["estimate"])
    assert behind[0].get_zorder() < min(x.get_zorder() for x in ax.lines if x is not behind[0])

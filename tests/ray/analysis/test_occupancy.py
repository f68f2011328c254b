"""When steps held their workers: by hand, and on real runs of the virtual stage."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from hpobench.analysis.core.trial_steps import occupancy
from hpobench.api import Budget
from hpobench.plugins.building import build_scheduler, plugin_ref
from hpobench.plugins.registry import Registry
from tests.support.finished import finished


def events_of(*rows: tuple[int, int, float, float]) -> tuple[pd.DataFrame, np.ndarray]:
    """From (run, worker, clock, cost)."""
    frame = pd.DataFrame(rows, columns=["run", "worker", "clock", "cost"])
    return frame, frame["run"].to_numpy(np.int64)


def test_a_step_holds_its_worker_up_to_its_result() -> None:
    rows = [(0, 0, 2.0, 2.0), (0, 1, 2.5, 1.5), (1, 0, 0.5, 0.25), (0, 0, 5.0, 1.0)]
    begin, end = occupancy(*events_of(*rows))
    assert begin.tolist() == [0.0, 1.0, 0.25, 4.0]
    assert end.tolist() == [2.0, 2.5, 0.5, 5.0]


def test_results_that_arrive_together_lie_end_to_end() -> None:
    """Three steps of a worker arrive at 4; one of another worker in between is its own matter. A
    result that had to wait, at 9, lies before the step that its worker had gone on with."""
    rows = [(0, 0, 4.0, 1.0), (0, 1, 4.0, 2.0), (0, 0, 4.0, 0.5), (0, 0, 4.0, 0.25)]
    rows += [(0, 0, 9.0, 1.0), (0, 0, 9.5, 3.5)]
    begin, end = occupancy(*events_of(*rows))
    assert begin.tolist() == [2.25, 2.0, 3.25, 3.75, 5.0, 6.0]
    assert end.tolist() == [3.25, 4.0, 3.75, 4.0, 6.0, 9.5]


def test_of_nothing() -> None:
    begin, end = occupancy(*events_of())
    assert begin.size == end.size == 0


@pytest.mark.parametrize("number", range(4))
def test_against_walking_back_from_the_end(number: int) -> None:
    rng = np.random.default_rng(number)
    rows = [
        (int(rng.integers(3)), int(rng.integers(4)), clock, float(rng.exponential(3)))
        for clock in np.cumsum(rng.exponential(size=300))
    ]
    begin, end = occupancy(*events_of(*rows))
    later: dict[tuple[int, int], float] = defaultdict(lambda: np.inf)
    for i in reversed(range(len(rows))):
        run, worker, clock, cost = rows[i]
        due = min(clock, later[run, worker])
        assert end[i] == pytest.approx(due)
        assert begin[i] == pytest.approx(due - cost)
        later[run, worker] = due - cost


@pytest.mark.parametrize(
    "name", ["fifo", "asha", "hyperband", "hyperband-bohb", "median", "pbt", "own"]
)
def test_on_the_virtual_stage_no_step_has_to_move(name: str) -> None:
    scheduler = build_scheduler(plugin_ref(Registry(), "scheduler", name, {}))
    run = finished(scheduler, trials=24, workers=4, budget=Budget(trials=24, time=300.0))
    rows = [(0, event.worker, event.clock, event.cost) for event in run.events]
    begin, end = occupancy(*events_of(*rows))
    assert len(rows) > 50
    np.testing.assert_allclose(end, [row[2] for row in rows], rtol=0, atol=1e-9)
    assert begin.min() >= -1e-9
    assert {row[1] for row in rows} == {0, 1, 2, 3}
    assert 0.3 < np.sum(end - begin) / (4 * run.stage.now) <= 1 + 1e-9

"""What fits into a time, against closed forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.cell import Budget
from hpobench.contract.problem import Fidelity
from hpobench.running.plan import timing
from hpobench.running.plan.timing import Timing, one_round, shortened, trial_seconds
from hpobench.running.plan.until_decided import looks_within
from hpobench.suites.grid import Plan, build_plan
from hpobench.suites.suite import Suite, load_suite

PLUGIN = """
from hpobench.api import Fidelity, Float, FunctionProblem, Resources, Space


class Mine(FunctionProblem):
    \"\"\"Trials that take 2 s, by its own estimate.\"\"\"

    name = "mine"
    space = Space([Float("x", 0.0, 1.0)])
    fidelity = Fidelity("epoch", steps=4)

    def __init__(self, *, cpu: float = 1.0):
        self.resources = Resources(cpu=cpu)

    def estimate(self):
        return 2.0

    def train(self, config, seed):
        yield from [config["x"]] * 4
"""


def suite_of(folder: Path, **keys: Any) -> Suite:
    """Of 60 evaluations a seed, each of two seconds on one processor."""
    (folder / "mine.py").write_text(PLUGIN)
    suite = {"name": "tiny", "searchers": ["random", "sobol", "grid"], "problems": ["mine"]}
    counts = {"stage": "live", "workers": 2, "seeds": 10, "budget": {"evaluations": 20}}
    return load_suite(suite | counts | keys, plugins=[folder / "mine.py"])


def plan_of(folder: Path, **keys: Any) -> Plan:
    return build_plan(suite_of(folder, **keys))


def timed(plan: Plan, folder: Path, cpus: int, **measured: dict[str, float]) -> Timing:
    return Timing(plan, folder, cpus, measured.get("trial", {}), measured.get("thinking", {}))


def test_live_cells_take_their_trials_time_beside_each_other(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    found = timed(plan, tmp_path, 2)  # room for one cell, which takes 20 * 2 s / 2 workers
    assert found.seed_s == pytest.approx(3 * 20)
    assert found.fitting(59) == 0
    assert found.fitting(185) == 3
    assert found.first(4) == pytest.approx(240)
    assert timed(plan, tmp_path, 4).seed_s == pytest.approx(30)  # two cells side by side
    assert timed(plan, tmp_path, 1).seed_s == pytest.approx(120)  # one worker alone has room
    measured = timed(plan, tmp_path, 2, trial={"mine": 6.0}, thinking={"grid": 0.5})
    assert measured.seed_s == pytest.approx(3 * 60 + 20 * 0.5)


def test_trials_that_take_several_processors_have_less_room(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, problems=[{"mine": {"cpu": 4}}])
    assert timed(plan, tmp_path, 8).seed_s == pytest.approx(60)
    assert timed(plan, tmp_path, 4).seed_s == pytest.approx(120)


def test_a_budget_of_time_is_what_a_cell_takes(tmp_path: Path) -> None:
    assert timed(plan_of(tmp_path, budget={"time": 7}), tmp_path, 1).seed_s == pytest.approx(21)


def test_virtual_cells_take_results_and_thinking(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, stage="virtual", problems=["branin"])
    found = timed(plan, tmp_path, 2, thinking={"grid": 0.1})
    assert found.seed_s == pytest.approx((3 * 20 * 0.001 + 20 * 0.1) / 2)


def test_stored_cells_time_their_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(tmp_path)
    names = plan.cells.with_seeds([0, 1]).ids()
    own = {"stage": "live", "suggest_s": 1.0, "observe_s": 0.5, "harness_s": 2.5}
    rows = [own | {"cell": name, "clock": 10.0 * n} for n, name in enumerate(names[:4])]
    monkeypatch.setattr(timing, "load_cells", lambda *_: rows)
    found = timed(plan, tmp_path, 2)
    # Of the first searcher two cells took 4 s of wall time and 30 s of clock; of the others 10, 20.
    assert found.seed_s == pytest.approx((4 + 30) / 2 + 10 + 20)
    assert found.stored == set(names[:4])
    assert [*found.of_seeds()][:3] == pytest.approx([0, 30, 47])
    assert found.fitting(30) == 2


def test_one_round_has_a_cell_of_each_problem(tmp_path: Path) -> None:
    made = one_round(plan_of(tmp_path, workers=3, schedulers=["asha", "fifo"]), "fifo", 2)
    (cell,) = made.cells
    assert (cell.scheduler.name, cell.budget) == ("fifo", Budget(trials=2))


def test_a_trials_time_is_spent_by_paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"cell": "a", "problem": "mine", "resource": 8.0, "evaluation_s": 5.0}
    monkeypatch.setattr(timing, "load_cells", lambda *_: [row])
    assert trial_seconds(plan_of(tmp_path), tmp_path) == {"mine": pytest.approx(2.5)}
    monkeypatch.setattr(timing, "load_cells", lambda *_: [row | {"resource": 0.0}])
    assert trial_seconds(plan_of(tmp_path), tmp_path) == {}


def test_budgets_are_shortened_to_whole_parts() -> None:
    fidelity = Fidelity("epoch", steps=4)
    assert shortened(Budget(evaluations=20), 0.499, fidelity) == Budget(evaluations=9)
    assert shortened(Budget(trials=20, time=7), 0.5, fidelity) == Budget(trials=10, time=3)
    assert shortened(Budget(resource=40), 0.75, fidelity) == Budget(resource=28)
    assert shortened(Budget(resource=40, trials=3), 0.0, fidelity) == Budget(resource=4, trials=1)


@pytest.mark.parametrize(
    ("first", "fitting", "cap", "looks"),
    [
        (4, 16, 100, (8, 16, 32, 64, 100)),
        (4, 15, 100, (15, 30, 60, 100)),
        (2, 40, 100, (10, 20, 40, 80, 100)),
        (25, 40, 100, (40, 80, 100)),
        (10, 9, 100, (9, 18, 36, 72, 100)),
        (2, 7, 100, (7, 14, 28)),
        (2, 6, 100, (6,)),
        (2, 5, 100, ()),
        (2, 0, 100, ()),
        (2, 100, 20, (10, 20)),
    ],
)
def test_looks_leave_time(first: int, fitting: int, cap: int, looks: tuple[int, ...]) -> None:
    assert looks_within(first, fitting, cap) == looks

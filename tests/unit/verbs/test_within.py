"""The plan of a run with a limit of time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import StoreError, UsageError
from hpobench.running.plan.experiment import plan_content
from hpobench.store.format.index import PLAN, write_json
from hpobench.suites.run_options import RunOptions
from hpobench.suites.suite import Suite
from hpobench.verbs.within import Fitted, Within, fitted
from tests.unit.running.test_timing import suite_of

START_S = 8
"""What a plan leaves for Ray."""


def planned(suite: Suite, folder: Path, seconds: float, **options: Any) -> Fitted:
    """With ``seconds`` for cells, of which one seed takes 60 on two processors."""
    within = Within(RunOptions(within="1h", cpus=2, **options))
    within.until = time.monotonic() + START_S + seconds
    return fitted(suite, within, folder)


def test_budgets_stay_where_two_seeds_fit(tmp_path: Path) -> None:
    found = planned(suite_of(tmp_path), tmp_path, 130).shortened()
    assert found.suite.budgets["mine"].evaluations == 20
    assert not found.plan.whole
    assert "about 2 fit" in [*found.lines()][2]
    assert "so few can decide nothing" in [*found.lines()][2]


def test_budgets_are_shortened_until_two_seeds_fit(tmp_path: Path) -> None:
    found = planned(suite_of(tmp_path), tmp_path, 67).shortened()  # of 120 that two seeds need
    assert found.suite.budgets["mine"].evaluations == 10
    assert found.timing.fitting(found.left) == 2
    assert "mine evaluations 10, shortened from evaluations 20 to fit two" in [*found.lines()][1]


def test_a_measured_trial_counts_and_not_the_problems_estimate(tmp_path: Path) -> None:
    seen = []

    def measure(suite: Suite, plan: Any) -> dict[str, float]:
        seen.append([cell.budget.trials for cell in plan.cells])
        return {"mine": 1.0}

    found = planned(suite_of(tmp_path), tmp_path, 67).measured(measure).shortened()
    assert seen == [[2]]
    assert found.suite.budgets["mine"].evaluations == 20
    virtual = suite_of(tmp_path, stage="virtual", problems=["branin"])
    assert not planned(virtual, tmp_path, 67).measured(measure).trial_s
    assert len(seen) == 1


def store_plan(found: Fitted, folder: Path) -> None:
    write_json(folder / PLAN, plan_content(found.suite, found.plan, found.plan.cells.ids()))


def test_shortened_budgets_are_remembered_for_the_same_suite(tmp_path: Path) -> None:
    suite = suite_of(tmp_path)
    store_plan(planned(suite, tmp_path, 67).shortened(), tmp_path)
    again = planned(suite, tmp_path, 1000).shortened()
    assert (again.suite.budgets["mine"].evaluations, again.plan.whole) == (10, suite.budgets)
    other = planned(suite_of(tmp_path, budget={"evaluations": 30}), tmp_path, 1000).shortened()
    assert other.suite.budgets["mine"].evaluations == 30


def test_a_stored_budget_that_is_none_is_told(tmp_path: Path) -> None:
    suite = suite_of(tmp_path)
    found = planned(suite, tmp_path, 67).shortened()
    content = plan_content(found.suite, found.plan, found.plan.cells.ids())
    content["suite"]["problems"][0]["budget"] = {"evaluations": -1}
    write_json(tmp_path / PLAN, content)
    with pytest.raises(StoreError, match=r"plan\.json: its budgets are odd"):
        planned(suite, tmp_path, 67)


def test_one_algorithm_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"only one can run: random \+ fifo"):
        planned(suite_of(tmp_path, searchers=["random"]), tmp_path, 67)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"within": "1 hour ago"}, "--within: '1 hour ago' is no time; write seconds"),
        ({"within": "-5"}, "is no time"),
        ({"within": float("nan")}, "is no time"),
        ({"within": "9s"}, "--within 9s: give at least 10 s"),
        ({"within": 0}, "give at least 10 s"),
        ({"within": "1h", "shard": "1/2"}, "--within looks at all cells"),
        ({"within": "1h", "retry_failed": True}, "then with --within again"),
        ({"max_seeds": 9}, "are for --until-decided and --within"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RunOptions(**options)


def test_times_are_written_in_several_ways() -> None:
    for text, seconds in (("1h", 3600), ("90 s", 90), ("1.5 min", 90), (90, 90), (90.5, 90.5)):
        assert RunOptions(within=text).seconds == seconds

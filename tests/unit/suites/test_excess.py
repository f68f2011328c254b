"""Cells that are sure to exceed a cell's limits are refused in the plan, with what would fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hpobench.contract.cell import Budget
from hpobench.contract.errors import PluginError, SuiteError
from hpobench.contract.parameters import Float
from hpobench.contract.problem import Curve, Fidelity, TabulatedProblem
from hpobench.contract.space import Config, Space
from hpobench.suites.estimate import MAX_RESULTS, Estimate, certain_excess
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.tiny_plugins import write_suite

LONG = Fidelity("epoch", steps=20_000)


class Stairs(TabulatedProblem):
    name = "stairs"
    space = Space([Float("x", 0.0, 1.0)])
    fidelity = Fidelity("epoch", steps=4)

    def curve(self, config: Config, seed: int) -> Curve:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(trials=501), "10,020,000 results, and a cell ends at 10,000,000; 499 trials would"),
        (Budget(trials=500), "10,000,000 results, .*; 499 trials would"),
        (Budget(evaluations=1000.0), "20,000,000 results, .*; 499 evaluations would fit"),
        (Budget(resource=3e7), r"30,000,000 results, .*; a resource of 9.98e\+06 would fit"),
        (Budget(trials=2_000_000, evaluations=10.0), None),
        (Budget(trials=501, time=1e12), None),
    ],
)
def test_what_is_sure_to_exceed(budget: Budget, said: str | None) -> None:
    found = certain_excess(budget, LONG, in_full=True)
    assert found is None if said is None else re.search(said, found or "")


def test_early_stopping_may_save_a_cell_with_many_steps_but_not_with_many_trials() -> None:
    assert certain_excess(Budget(trials=501), LONG, in_full=False) is None
    found = certain_excess(Budget(trials=2_000_000), Fidelity(), in_full=False)
    assert found == "2,000,000 trials, and a cell ends at 1,000,000; 999,999 trials would fit"


def test_what_fits_is_not_refused() -> None:
    assert certain_excess(Budget(trials=499), LONG, in_full=True) is None


def test_an_estimate_says_how_long_a_budget_would_fit() -> None:
    problem = Stairs()
    step = problem.estimate() / problem.fidelity.steps
    found = Estimate.of(problem, Budget(time=100 * MAX_RESULTS * step), workers=1)
    assert re.search(r"results|trials", found.excess or "")
    fits = float(re.findall(r"([\d.e+]+) s would fit", found.excess or "")[0])
    assert Estimate.of(problem, Budget(time=fits), workers=1).excess is None


def test_a_trial_of_too_many_steps() -> None:
    problem = Stairs()
    problem.fidelity = Fidelity("epoch", steps=MAX_RESULTS + 1)
    with pytest.raises(PluginError, match=r"10,000,001 steps; a trial has at most 10,000,000"):
        Estimate.of(problem, Budget(trials=1), workers=1)


def test_the_plan_says_what_and_where(tmp_path: Path) -> None:
    text = write_suite(tmp_path).read_text()
    file = tmp_path / "large.yaml"
    file.write_text(re.sub(r"budget:.*", "budget: {trials: 3000000}", text))
    with pytest.raises(SuiteError, match=r"large\.yaml: budget: .* under .*: a cell would have"):
        build_plan(load_suite(file))

"""Options of PBT and PB2, what they refuse, and the bounds of what they change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.algorithms.schedulers._pb2 import inner_bounds
from hpobench.algorithms.schedulers._population import changeable, made_legal
from hpobench.algorithms.schedulers.pb2 import Pb2
from hpobench.algorithms.schedulers.pbt import Pbt
from hpobench.api import Categorical, Float, Int, Ordinal, Parameter, Scheduler, Space, When
from hpobench.contract.errors import UsageError
from hpobench.plugins.compatibility import compatibility
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from hpobench.testing.doubles import CurveProblem, ListedSearcher


def curves(parameters: list[Parameter], mutable: tuple[str, ...] | None = None) -> CurveProblem:
    problem = CurveProblem(27)
    problem.space, problem.mutable = Space(parameters), mutable
    return problem


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (Pbt, {"population": 1}, "pbt: population must be at least 2, not 1"),
        (Pb2, {"population": 0}, "pb2: population must be at least 2, not 0"),
        (
            Pbt,
            {"quantile_fraction": 0.0},
            "pbt: quantile_fraction must be positive and at most 0.5",
        ),
        (Pb2, {"quantile_fraction": 0.6}, "at most 0.5, not 0.6"),
        (Pbt, {"quantile_fraction": float("nan")}, "not nan"),
        (Pbt, {"resample_probability": 1.1}, "between 0 and 1, not be 1.1"),
        (Pbt, {"perturbation_factors": (1.2, 0.0)}, "perturbation_factors must be positive"),
        (Pbt, {"perturbation_factors": (float("inf"), 0.8)}, "perturbation_factors must be"),
        (Pbt, {"burn_in_period": -1}, "burn_in_period must not be negative"),
        (Pbt, {"perturbation_interval": 0}, "perturbation_interval must be at least 1, not 0"),
        (Pbt, {"perturbation_interval": 27}, "after step 27, must come before the last of the"),
        (Pb2, {"perturbation_interval": 30}, "pb2: the first perturbation, after step 30"),
        (
            Pbt,
            {"burn_in_period": 27},
            "after step 27, must come before the last of the problem's 27",
        ),
    ],
)
def test_senseless_options(cls: type[Scheduler], options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        cls(**options).check(CurveProblem(27))


@pytest.mark.parametrize(
    ("scheduler", "problem", "message"),
    [
        (Pbt(), curves([Float("x", 0, 1)], ()), "pbt: the problem has no parameter that may"),
        (Pb2(), curves([Int("x", 0, 9)]), "pb2: the problem has no real-valued parameter"),
        (Pb2(), curves([Float("a/b", 0, 1)]), "'/' in their names"),
    ],
)
def test_problems_that_they_refuse(
    scheduler: Scheduler, problem: CurveProblem, message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        scheduler.check(problem)
    with pytest.raises(UsageError, match=re.escape(message)):
        scheduler.build(problem)


@pytest.mark.parametrize("steps", [2, 3, 10, 27, 52, 1000])
def test_the_default_interval_is_a_tenth_of_the_steps(steps: int) -> None:
    for plugin in (Pbt(), Pb2()):
        built: Any = plugin.build(CurveProblem(steps))
        assert built._perturbation_interval == max(1, steps // 10)


def test_conditions_and_what_they_look_at_stay_as_they_are() -> None:
    parameters: list[Parameter] = [
        Categorical("model", ("tree", "net")),
        Int("depth", 1, 9, when=When("model", ("tree",))),
        Float("rate", 0.0, 1.0),
        Ordinal("batch", (8, 32)),
    ]
    assert [p.name for p in changeable(curves(parameters))] == ["rate", "batch"]
    assert [p.name for p in changeable(curves(parameters, ("depth", "batch")))] == ["batch"]
    mutations = Pbt().build(curves(parameters))._hyperparam_mutations
    assert mutations["batch"] == [8, 32]
    assert set(mutations) == {"rate", "batch"}
    assert set(Pb2().build(curves(parameters))._hyperparam_bounds) == {"rate"}


def test_changed_values_are_made_legal() -> None:
    parameters: list[Parameter] = [
        Float("x", -2, 10),
        Int("n", 1, 9),
        Categorical("c", ("a", True)),
    ]
    space, legal = Space([*parameters, Float("y", 0, 1)]), made_legal(parameters)
    drawn: list[Any] = [(np.float64(12), np.int64(0)), (-3.0, 12), (np.float32(9.5), 4)]
    for x, n in drawn:
        config = legal({"x": x, "n": n, "c": True, "y": 0.25})
        space.check(config)
        assert list(config) == ["x", "n", "c", "y"]
        assert (type(config["x"]), type(config["n"])) == (float, int)
    assert legal({"x": 12.0, "n": -4, "c": "a", "y": 0.5}) == {"x": 10, "n": 1, "c": "a", "y": 0.5}


@pytest.mark.parametrize(
    ("low", "high"), [(1e-4, 0.1), (-5, 10), (0.0, 0.99), (1e-12, 1e12), (-0.3, -0.1)]
)
def test_bounds_in_single_precision_lie_inside(low: float, high: float) -> None:
    least, most = inner_bounds(low, high)
    assert low <= least < most <= high
    assert (float(np.float32(least)), float(np.float32(most))) == (least, most)
    assert least - low <= 1e-6 * abs(low)
    assert high - most <= 1e-6 * abs(high)


SUITE = """{
name: fixed, searchers: [random], schedulers: [fifo, pbt, pb2], problems: [fixed],
plugins: [fixed.py], seeds: 1, workers: 2, stage: virtual, budget: {trials: 8}
}"""
FIXED = '''
"""A problem whose parameters never change."""
from hpobench.api import Curve, Fidelity, Float, Space, TabulatedProblem


class Fixed(TabulatedProblem):
    """Nothing is mutable."""

    name = "fixed"
    space = Space([Float("x", 0, 1)])
    fidelity = Fidelity("epoch", 9)
    mutable = ()

    def curve(self, config, seed):
        return Curve([config["x"]] * 9, [1.0] * 9)

    def reference(self):
        return None
'''


def test_a_problem_without_mutable_parameters_is_skipped_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "fixed.py").write_text(FIXED)
    (file := tmp_path / "suite.yaml").write_text(SUITE)
    plan = build_plan(load_suite(str(file)))
    assert [cell.scheduler.name for cell in plan.cells] == ["fifo"]
    assert {row.scheduler: row.reason for row in plan.skipped} == {
        "pbt": "pbt: the problem has no parameter that may change during training",
        "pb2": "pb2: the problem has no real-valued parameter that may change during training",
    }


def test_the_matrix_says_what_populations_mean_for_searchers() -> None:
    for scheduler in (Pbt, Pb2):
        told = compatibility(ListedSearcher, scheduler)
        assert told.level == "note"
        assert "as if its configuration had never changed" in told.text
        assert "A table cannot carry a parent's weights over" in told.text
        assert "stopped early" not in told.text

    class ConcurrencyLimiter:
        __module__ = "ray.tune.search"

    assert compatibility(ConcurrencyLimiter, Pbt).level == "refused"

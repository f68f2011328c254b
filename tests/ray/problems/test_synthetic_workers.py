"""What epochs of learning curves cost, and which of them are late."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks.cells import column, plan, run
from hpobench.api import TabulatedProblem
from hpobench.problems.synthetic.learning_curves import LearningCurves
from tests.support.samples import sample


def curves(problem: TabulatedProblem, n: int = 300) -> list[Any]:
    return [problem.curve(config, 0) for config in sample(problem, n)]


# -- costs ---------------------------------------------------------------------------------


def seconds(problem: TabulatedProblem, n: int = 300) -> Any:
    """The cost of the first epoch, and the last held-out loss, of each configuration."""
    return np.array([(c.costs[0], c.heldout[-1]) for c in curves(problem, n)]).T


@pytest.mark.parametrize("ratio", [1.0, 10.0, 100.0])
def test_costs_spread_over_the_ratio(ratio: float) -> None:
    members = (LearningCurves(function="levy", cost_ratio=ratio, instance=i) for i in range(40))
    each = np.concatenate([seconds(member, 50)[0] for member in members])
    assert each.min() >= ratio**-0.5
    assert each.max() <= ratio**0.5
    if ratio > 1:
        spread = np.quantile(np.log(each) / np.log(ratio), [0.05, 0.5, 0.95])
        assert spread == pytest.approx([-0.45, 0, 0.45], abs=0.1)


def test_good_configurations_are_dear_where_asked_for() -> None:
    def told(dear: Any) -> list[float]:
        made = (LearningCurves(function="levy", dear=dear, instance=i) for i in range(20))
        return [stats.spearmanr(*seconds(member, 200)).statistic for member in made]

    assert max(told("good")) < -0.3
    anywhere = told("anywhere")
    assert abs(np.mean(anywhere)) < 4 * np.std(anywhere) / math.sqrt(20)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cost_ratio": 100.0, "dear": "good"},
        {"stragglers": 0.1},
        {"stragglers": 0.3, "tail": 0.8},
    ],
    ids=str,
)
def test_the_estimate_is_the_median_cost(options: dict[str, Any]) -> None:
    for instance in range(3):
        problem = LearningCurves(function="levy", instance=instance, **options)
        costs = [sum(c.costs) for c in curves(problem)]
        assert problem.estimate() == pytest.approx(np.median(costs), rel=1 / 3)


# -- stragglers ----------------------------------------------------------------------------


def delays(**options: Any) -> Any:
    problem = LearningCurves(function="levy", cost_ratio=1.0, **options)
    return np.array([problem.curve(c, s).costs for c in sample(problem, 200) for s in (0, 1, 2)])


def test_the_share_of_late_steps_and_their_slowdown() -> None:
    factors = delays(stragglers=0.1, slowdown=7.0)
    assert set(factors.ravel()) == {1.0, 7.0}
    late = factors == 7.0
    assert abs(late.mean() - 0.1) < 4 * math.sqrt(0.09 / late.size)
    # Late at one step tells nothing of the next, nor does one seed of another.
    for a, b in ((late[:, :-1], late[:, 1:]), (late[::3], late[1::3])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / math.sqrt(a.size)


@pytest.mark.parametrize("tail", [0.8, 1.5, 4.0])
def test_the_tail_is_paretos(tail: float) -> None:
    factors = delays(stragglers=0.25, slowdown=3.0, tail=tail).ravel()
    late = factors[factors > 1]
    assert abs(len(late) / len(factors) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / len(factors))
    assert stats.kstest(late, stats.pareto(tail, scale=3.0).cdf).pvalue > 1e-4


def test_stragglers_leave_losses_as_they_are() -> None:
    plain, late = (curves(LearningCurves(function="levy", stragglers=x), 20) for x in (0, 0.5))
    assert [c.losses for c in plain] == [c.losses for c in late]
    assert [c.costs for c in plain] != [c.costs for c in late]


def waiting(folder: Path, scheduler: str, stragglers: float) -> float:
    """Seconds that trials which get to the last step spend neither training nor finished."""
    problem = {"function": "levy", "cost_ratio": 1.0, "stragglers": stragglers, "slowdown": 50.0}
    lists = {"schedulers": [scheduler], "problems": [{"learning-curves": problem}]}
    counts = {"seeds": 2, "workers": 9, "budget": {"time": 250}}
    waited = []
    for cell in plan(folder, {"searchers": ["random"]} | lists | counts):
        outcome = run(cell)
        began: dict[Any, Any] = {}
        trained: dict[Any, Any] = {}
        rows = zip(*(column(outcome, x) for x in ("trial", "step", "clock", "cost")), strict=True)
        for trial, step, clock, cost in rows:
            began.setdefault(trial, clock - cost)
            trained[trial] = trained.get(trial, 0.0) + cost
            if step == 27:
                waited.append(clock - began[trial] - trained[trial])
    return float(np.mean(waited))


def test_synchronous_halving_waits_for_stragglers_and_asynchronous_does_not(tmp_path: Path) -> None:
    """Ray's HyperBand gives idle workers other trials, so what stragglers cost it is not work
    done per second but the time for which good trials stand still."""
    for share in (0.0, 0.02):
        assert waiting(tmp_path, "asha", share) == pytest.approx(0, abs=1e-9)
    punctual, late = (waiting(tmp_path, "hyperband", share) for share in (0.0, 0.02))
    assert late > 1.5 * punctual > 5

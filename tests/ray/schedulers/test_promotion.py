"""ASHA by promotion and PASHA against simulations from the papers, and what they share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hpobench.algorithms.schedulers._pasha import agree, crossing_gaps
from hpobench.algorithms.schedulers._promotion import Promotion, Rung
from hpobench.algorithms.schedulers._rungs import levels
from hpobench.algorithms.schedulers.asha_promote import AshaPromote
from hpobench.algorithms.schedulers.pasha import Pasha
from hpobench.api import Config, NothingYet, Scheduler
from hpobench.contract.errors import UsageError
from hpobench.contract.problem import Curve
from hpobench.running.cells.tuning import Run
from hpobench.running.ray.trial import Trial
from hpobench.testing.doubles import CurveProblem, ListedSearcher, random_configs
from tests.ray.schedulers.paper_asha import PaperAsha, PaperPasha
from tests.support.finished import finished

TRIALS = 70
SETTINGS = [(27, 1, 3.0), (27, 2, 2.0), (20, 1, 2.5), (16, 4, 4.0), (3, 3, 3.0), (1, 1, 3.0)]
"""Steps, grace period and reduction factor."""


class Noisy(CurveProblem):
    """Curves that cross, of which some fail; ``ties`` rounds the losses so that many are equal."""

    def __init__(
        self, steps: int, *, noise: float = 0.0, failing: bool = False, ties: int = 12
    ) -> None:
        super().__init__(steps)
        self.noise, self.failing, self.ties = noise, failing, ties

    def curve(self, config: Config, seed: int) -> Curve:
        curve, rng = super().curve(config, seed), Random(str(config))
        losses = [round(loss + rng.gauss(0, self.noise), self.ties) for loss in curve.losses]
        if self.failing and rng.random() < 0.3:
            losses[rng.randrange(len(losses))] = math.nan
        return curve._replace(losses=losses)


PROBLEMS: dict[str, dict[str, Any]] = {
    "smooth": {},
    "crossing": {"noise": 0.05},
    "noisy": {"noise": 0.5},
    "tied": {"noise": 0.1, "ties": 1},
    "failing": {"noise": 0.1, "failing": True},
}


def results(run: Run) -> list[tuple[int, int]]:
    return [(event.trial, event.step) for event in run.events]


def simulated(problem: CurveProblem, paper: PaperAsha) -> list[tuple[int, int]]:
    """The results of the simulation without those of trials that fail, which have no event."""
    curves = paper.curves
    return [(t, step) for t, step in paper.run() if not math.isnan(curves[t][0][step - 1])]


def curves_of(problem: CurveProblem) -> list[tuple[list[float], list[float]]]:
    estimate = problem.estimate() / problem.fidelity.steps
    found = []
    for config in random_configs(TRIALS):
        curve = problem.curve(config, 1)
        # A failed step takes as long as an average one.
        pairs = zip(curve.losses, curve.costs, strict=True)
        costs = [estimate if math.isnan(loss) else cost for loss, cost in pairs]
        found.append((list(curve.losses), costs))
    return found


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("kind", PROBLEMS)
@pytest.mark.parametrize(("steps", "grace", "factor"), SETTINGS)
@pytest.mark.parametrize("name", ["asha-promote", "pasha"])
def test_paper(name: str, steps: int, grace: int, factor: float, kind: str, workers: int) -> None:
    problem = Noisy(steps, **PROBLEMS[kind])
    plugin = {"asha-promote": AshaPromote, "pasha": Pasha}[name]
    scheduler = plugin(reduction_factor=factor, grace_period=grace)
    run = finished(scheduler, problem=problem, trials=TRIALS, workers=workers)
    paper = PaperAsha if name == "asha-promote" else PaperPasha
    simulation = paper(curves_of(problem), levels(steps, grace, factor), factor, workers)
    assert results(run) == simulated(problem, simulation)
    assert {run.trial_status(t) for t in run.source.trials} <= {"completed", "stopped", "failed"}


class Generations(ListedSearcher):
    """Waits for the results of each ten trials before it proposes the next ones."""

    def __init__(self) -> None:
        super().__init__(random_configs(TRIALS))
        self.over = 0

    def ask(self, trial: int) -> Config:
        if trial - self.over >= 10:
            raise NothingYet
        return super().ask(trial)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final:
            done = {call[1] for call in self.calls if call[0] == "tell"} | {trial}
            self.over = len(done) // 10 * 10
        super().tell(trial, step, loss, final=final)


@pytest.mark.parametrize("workers", [1, 4, 12])
@pytest.mark.parametrize("plugin", [AshaPromote, Pasha])
def test_a_searcher_that_waits_gets_results(plugin: type[Scheduler], workers: int) -> None:
    run = finished(plugin(), searcher=Generations(), trials=TRIALS, workers=workers)
    assert len(run.source.trials) == TRIALS
    assert {run.trial_status(trial) for trial in run.source.trials} <= {"completed", "stopped"}


def test_trials_pause_at_rungs_and_go_on_from_there() -> None:
    run = finished(AshaPromote(), problem=Noisy(27, noise=0.2), trials=TRIALS)
    steps: dict[int, list[int]] = {}
    for event in run.events:
        steps.setdefault(event.trial, []).append(event.step)
    assert all(made == list(range(1, len(made) + 1)) for made in steps.values())
    assert set(map(len, steps.values())) == {1, 3, 9, 27}
    pauses = Counter(event.step for event in run.events if event.decision == "PAUSE")
    assert set(pauses) == {1, 3, 9}


def test_pasha_trains_less_where_rankings_are_stable() -> None:
    smooth, all_the_way = (
        finished(plugin(), problem=Noisy(81, noise=0.5), trials=TRIALS)
        for plugin in (Pasha, AshaPromote)
    )
    assert max(event.step for event in smooth.events) < 81
    assert len(smooth.events) < len(all_the_way.events)


def test_larger_is_better_if_the_mode_says_so() -> None:
    """Trials with losses 0, 1, ... and factor 2: the last of two is promoted."""
    promoted = {}
    for mode in ("min", "max"):
        scheduler = Promotion(levels=[1, 2], factor=2)
        assert scheduler.set_search_properties("loss", mode)
        assert not scheduler.set_search_properties("loss", None)
        trials = [Trial(number, {}, None) for number in range(2)]
        controller = SimpleNamespace()
        for trial in trials:
            scheduler.on_trial_add(controller, trial)
        decisions = [
            scheduler.on_trial_result(
                controller, trial, {"training_iteration": 1, "loss": float(trial.number)}
            )
            for trial in trials
        ]
        promoted[mode] = decisions[1] == "CONTINUE"
    assert promoted == {"min": False, "max": True}


def test_it_needs_a_metric_and_a_mode() -> None:
    scheduler = Promotion(levels=[1, 2], factor=2)
    with pytest.raises(ValueError, match="needs the metric and the mode of"):
        scheduler.on_trial_add(SimpleNamespace(), Trial(0, {}, None))


@pytest.mark.parametrize(
    ("curves", "gaps"),
    [
        ([[0, 0, 0], [1, 1, 1]], []),
        ([[0, 1, 0], [1, 0, 1]], [1]),
        ([[0, 1, 0, 0], [1, 0, 1, 0]], []),  # level at the last step
        ([[0, 2, 0, 3, math.nan], [1, 0, 1, 0, 1]], [3]),
        ([[0, math.inf, 0], [1, 0, 1]], []),
        ([[0, 1, 0], [1, 0, 1], [2, 2, -3]], [1]),
        ([[0, 1, math.nan], [1, 0, math.nan], [0, 0, 0]], []),
    ],
)
def test_distances_of_curves_that_cross_twice(curves: list[list[float]], gaps: list[float]) -> None:
    assert crossing_gaps(np.array(curves, dtype=float)).tolist() == gaps


@pytest.mark.parametrize(
    ("below", "top", "epsilon", "same"),
    [
        ([0, 1, 2], [0, 1, 2], 0.0, True),
        ([0, 1, 2], [1, 0, 2], 0.0, False),
        ([0, 1, 2], [1, 0, 2], 1.0, True),
        ([0, 1, 2], [2, 0, 1], 1.0, False),
        ([0, 0, 2], [1, 0, 2], 0.0, True),
        ([math.inf, math.inf, 2], [1, 2, 0], 0.0, True),
        ([0, 5, 1], [0, math.nan, 1], 0.0, True),
    ],
)
def test_rankings_agree(below: list[float], top: list[float], epsilon: float, same: bool) -> None:
    rungs = [Rung(), Rung()]
    for rung, losses in zip(rungs, (top, below), strict=True):
        for trial, loss in enumerate(losses):
            rung.add(trial, loss)
    assert agree(rungs[0], rungs[1], epsilon) is same


@pytest.mark.parametrize(
    ("steps", "grace", "factor", "found"),
    [
        (27, 1, 3, [1, 3, 9, 27]),
        (28, 1, 3, [1, 3, 9, 27, 28]),
        (5, 1, 1.2, [1, 2, 3, 4, 5]),
        (10, 4, 2.5, [4, 10]),
        (1, 1, 3, [1]),
    ],
)
def test_levels(steps: int, grace: int, factor: float, found: list[int]) -> None:
    assert levels(steps, grace, factor) == found


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: AshaPromote(reduction_factor=1), "asha-promote: reduction_factor must be greater"),
        (lambda: Pasha(percentile=101), "pasha: percentile must lie between 0 and 100, not be 101"),
        (
            lambda: AshaPromote(grace_period=28).build(CurveProblem(27)),
            "asha-promote: grace_period must lie between 1 and the problem's 27 steps",
        ),
    ],
)
def test_what_is_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build()

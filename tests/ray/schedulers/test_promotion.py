"""ASHA by promotion and PASHA against simulations from the papers, and in a plain Tuner."""

from __future__ import annotations

import math
from random import Random

import pytest

from hpobench.algorithms.schedulers._rungs import levels
from hpobench.algorithms.schedulers.asha_promote import AshaPromote
from hpobench.algorithms.schedulers.pasha import Pasha
from hpobench.api import Config, Scheduler
from hpobench.contract.problem import Curve
from hpobench.running.run import Run
from hpobench.testing.doubles import Curves, make_run, random_configs
from tests.ray.schedulers.paper_asha import PaperAsha, PaperPasha

TRIALS = 70
SETTINGS = [(27, 1, 3.0), (27, 2, 2.0), (20, 1, 2.5), (16, 4, 4.0), (3, 3, 3.0), (1, 1, 3.0)]
"""Steps, grace period and reduction factor."""


class Noisy(Curves):
    """Curves that cross, of which some fail; ``ties`` rounds the losses so that many are equal."""

    def __init__(self, steps: int, *, noise: float = 0.0, failing: bool = False, ties: int = 12):
        super().__init__(steps)
        self.noise, self.failing, self.ties = noise, failing, ties

    def curve(self, config: Config, seed: int) -> Curve:
        curve, rng = super().curve(config, seed), Random(str(config))
        losses = [round(loss + rng.gauss(0, self.noise), self.ties) for loss in curve.losses]
        if self.failing and rng.random() < 0.3:
            losses[rng.randrange(len(losses))] = math.nan
        return curve._replace(losses=losses)


PROBLEMS = {
    "smooth": {},
    "crossing": {"noise": 0.05},
    "noisy": {"noise": 0.5},
    "tied": {"noise": 0.1, "ties": 1},
    "failing": {"noise": 0.1, "failing": True},
}


def finished(scheduler: Scheduler, problem: Curves, workers: int) -> Run:
    run = make_run(scheduler, problem=problem, trials=TRIALS, workers=workers)
    run.finish()
    return run


def results(run: Run) -> list[tuple[int, int]]:
    return [(event.trial, event.step) for event in run.events]


def simulated(problem: Curves, paper: PaperAsha) -> list[tuple[int, int]]:
    """The results of the simulation without those of trials that fail, which have no event."""
    return [
        (trial, step)
        for trial, step in paper.run()
        if not math.isnan(paper.curves[trial][0][step - 1])
    ]


def curves_of(problem: Curves) -> list[tuple[list[float], list[float]]]:
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
def test_decides_as_the_paper_says(
    name: str, steps: int, grace: int, factor: float, kind: str, workers: int
) -> None:
    problem = Noisy(steps, **PROBLEMS[kind])
    plugin, paper = (AshaPromote, PaperAsha) if name == "asha-promote" else (Pasha, PaperPasha)
    run = finished(plugin(reduction_factor=factor, grace_period=grace), problem, workers)
    simulation = paper(curves_of(problem), levels(steps, grace, factor), factor, workers)
    assert results(run) == simulated(problem, simulation)
    assert {run.trial_status(t) for t in run.source.trials} <= {"completed", "stopped", "failed"}

"""Population-based bandits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._population import (
    changeable,
    check_population,
    made_legal,
    perturbation_interval,
)
from hpobench.api import Float, Problem, Scheduler
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Pb2(Scheduler):
    """Ray Tune's PB2: population-based training whose new values come from a Gaussian process.

    ``population``: the number of trials that train side by side; at least the number of workers.
    ``perturbation_interval``: the number of steps after which a trial is compared with the others;
    by default a tenth of the problem's steps.
    ``quantile_fraction``: the share of the population, at the bottom, that is replaced, and the
    share at the top that the replacements are copied from.
    ``synch``: whether trials are compared when all of them have reached the interval; otherwise
    each trial is compared as soon as it reaches the interval.
    """

    name = "pb2"
    # Ray's PB2 imports scikit-learn, which also brings the threadpoolctl that _pb2.py imports.
    requires = ("scikit-learn>=1.6",)
    ends_trials = False
    clones = True
    notes: ClassVar[tuple[str, ...]] = (
        "It changes real-valued parameters only; clones keep the others of their parents.",
        "Ray's model works on the raw scale, also of parameters on a log scale, and rounds "
        "proposals to single precision.",
        "A proposal fits two Gaussian processes and takes about half a second.",
        "When synchronous it waits for ever for a trial that has failed (ray 2.60): the cell "
        "then ends as failed.",
    )

    def __init__(
        self,
        *,
        population: int = 8,
        perturbation_interval: int | None = None,
        quantile_fraction: float = 0.25,
        synch: bool = False,
    ) -> None:
        check_population(self.name, population, quantile_fraction)
        self.population = population
        self._interval = perturbation_interval
        self._quantile_fraction = quantile_fraction
        self._synch = synch

    def check(self, problem: Problem) -> None:
        perturbation_interval(self.name, self._interval, problem.fidelity)
        if not _real(problem):
            raise UsageError(
                "pb2: the problem has no real-valued parameter that may change during training"
            )
        if any("/" in name for name in problem.space.names):
            raise UsageError("pb2: Ray's PB2 takes parameters with '/' in their names for nested")

    def build(self, problem: Problem) -> TrialScheduler:
        self.check(problem)
        from hpobench.algorithms.schedulers._pb2 import SteadyPB2, inner_bounds

        parameters = _real(problem)
        return SteadyPB2(
            time_attr="training_iteration",
            perturbation_interval=perturbation_interval(
                self.name, self._interval, problem.fidelity
            ),
            hyperparam_bounds={p.name: inner_bounds(p.low, p.high) for p in parameters},
            quantile_fraction=self._quantile_fraction,
            custom_explore_fn=made_legal(parameters),
            log_config=False,
            synch=self._synch,
        )


def _real(problem: Problem) -> list[Float]:
    return [p for p in changeable(problem) if isinstance(p, Float)]

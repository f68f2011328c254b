"""Population-based training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hpobench.algorithms.schedulers._population import (
    changeable,
    check_population,
    made_legal,
    perturbation_interval,
)
from hpobench.api import Categorical, Problem, Scheduler, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Pbt(Scheduler):
    """Ray Tune's PBT: bad trials continue from copies of good ones, with changed parameters.

    ``population``: the number of trials that train side by side; at least the number of workers.
    ``perturbation_interval``: the number of steps after which a trial is compared with the others;
    by default a tenth of the problem's steps.
    ``burn_in_period``: the number of steps before the first comparison.
    ``quantile_fraction``: the share of the population, at the bottom, that is replaced, and the
    share at the top that the replacements are copied from.
    ``resample_probability``: the probability that a parameter is drawn anew instead of perturbed.
    ``perturbation_factors``: two factors, by one of which a number is multiplied.
    ``synch``: whether trials are compared when all of them have reached the interval; otherwise
    each trial is compared as soon as it reaches the interval.
    """

    name = "pbt"
    ends_trials = False
    clones = True
    notes: ClassVar[tuple[str, ...]] = (
        "A category moves to its neighbour in the order in which the space lists it, as an "
        "ordinal value does; whole numbers are rounded, so small ones hardly move by factors "
        "such as 0.8 and 1.2. Values that would leave the space end at its bounds.",
        "Synchronous PBT waits for ever for a trial that has failed (ray 2.60): the cell then "
        "ends as failed.",
    )

    def __init__(
        self,
        *,
        population: int = 8,
        perturbation_interval: int | None = None,
        burn_in_period: int = 0,
        quantile_fraction: float = 0.25,
        resample_probability: float = 0.25,
        perturbation_factors: tuple[float, float] = (1.2, 0.8),
        synch: bool = False,
    ) -> None:
        check_population(self.name, population, quantile_fraction)
        if burn_in_period < 0:
            raise UsageError(f"pbt: burn_in_period must not be negative, like {burn_in_period}")
        if not 0 <= resample_probability <= 1:
            raise UsageError(
                f"pbt: resample_probability must lie between 0 and 1, not be {resample_probability}"
            )
        if not all(0 < factor < float("inf") for factor in perturbation_factors):
            raise UsageError(
                f"pbt: perturbation_factors must be positive, not {perturbation_factors}"
            )
        self.population = population
        self._interval = perturbation_interval
        self._burn_in_period = burn_in_period
        self._quantile_fraction = quantile_fraction
        self._resample_probability = resample_probability
        self._perturbation_factors = perturbation_factors
        self._synch = synch

    def check(self, problem: Problem) -> None:
        perturbation_interval(self.name, self._interval, problem.fidelity, self._burn_in_period)
        if not changeable(problem):
            raise UsageError("pbt: the problem has no parameter that may change during training")

    def build(self, problem: Problem) -> TrialScheduler:
        self.check(problem)
        from ray.tune.schedulers import PopulationBasedTraining

        return PopulationBasedTraining(
            time_attr="training_iteration",
            perturbation_interval=perturbation_interval(
                self.name, self._interval, problem.fidelity
            ),
            burn_in_period=self._burn_in_period,
            hyperparam_mutations=_mutations(problem),
            quantile_fraction=self._quantile_fraction,
            resample_probability=self._resample_probability,
            perturbation_factors=self._perturbation_factors,
            custom_explore_fn=made_legal(changeable(problem)),
            log_config=False,
            synch=self._synch,
        )


def _mutations(problem: Problem) -> dict[str, Any]:
    """The ``hyperparam_mutations`` of ``problem``: a domain for a number, a list for choices.

    Choices are given as a list because Ray would multiply a choice that comes from a domain.
    """
    from hpobench.kit import to_ray_space

    parameters = changeable(problem)
    return to_ray_space(Space(parameters)) | {
        p.name: list(p.choices) for p in parameters if isinstance(p, Categorical)
    }

"""Optuna's NSGA-II sampler."""

from __future__ import annotations

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.api import Config, Fidelity, Space
from hpobench.kit import UsageError


class OptunaNSGA2(OptunaSearcher):
    """Optuna's NSGA-II: a genetic algorithm, here with a single objective.

    Parameters that are not always active are sampled at random. A generation lasts until
    ``population_size`` of its trials have completed; trials without a loss do not count.
    ``population_size``: the number of trials in a generation, and also the number of parents, which
    are the best of all trials so far.
    """

    name = "optuna-nsga2"
    requires = ("optuna>=5",)

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, population_size: int = 50
    ) -> None:
        import optuna

        if population_size < 2:
            raise UsageError(
                f"optuna-nsga2: population_size must be at least 2, not {population_size}"
            )
        self._sampler = optuna.samplers.NSGAIISampler(population_size=population_size, seed=seed)
        super().__init__(space, self._sampler)

    def adopt(self, trial: int, config: Config) -> bool:
        super().adopt(trial, config)
        # Optuna gives a trial its generation when it samples for it, and else leaves it out.
        running = self._study.get_trials(deepcopy=False)[self._running[trial].number]
        self._sampler.get_trial_generation(self._study, running)
        return True

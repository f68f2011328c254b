"""Optuna's NSGA-II."""

from __future__ import annotations

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.api import Fidelity, Space
from hpobench.kit import UsageError


class OptunaNSGA2(OptunaSearcher):
    """Optuna's NSGA-II: a genetic algorithm, here with a single objective.

    Parameters that are not always active are sampled at random. Trials without a loss are no part
    of a generation, which lasts until ``population_size`` trials of it have completed.
    ``population_size``: the trials of a generation, and the best of all that are its parents.
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
        sampler = optuna.samplers.NSGAIISampler(population_size=population_size, seed=seed)
        super().__init__(space, sampler)

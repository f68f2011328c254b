"""Optuna's CMA-ES sampler."""

from __future__ import annotations

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.api import Config, Fidelity, Space


class OptunaCmaEs(OptunaSearcher):
    """Optuna's CMA-ES: an evolution strategy that adapts its covariance matrix.

    The strategy handles only numbers, which include the indices of ordinal parameters. Categories,
    and parameters that are not always active, are sampled at random.
    """

    name = "optuna-cmaes"
    requires = ("optuna>=5", "cmaes>=0.12")

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        import optuna

        sampler = optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        super().__init__(space, sampler)

    def adopt(self, trial: int, config: Config) -> bool:
        return False  # Optuna passes only its own draws to the strategy

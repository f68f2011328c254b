"""Optuna's quasi-Monte Carlo sampler."""

from __future__ import annotations

import warnings
from typing import Literal

from hpobench.algorithms.searchers._optuna import OptunaSearcher, quiet
from hpobench.api import Config, Fidelity, Space


class OptunaQMC(OptunaSearcher):
    """Optuna's quasi-random search: draws that spread more evenly than random ones.

    The first configuration is random. The sequence covers the parameters of this configuration;
    other parameters are sampled at random. The sequence is scrambled, because otherwise it would be
    the same for every seed.
    ``qmc_type``: the name of the sequence.
    """

    name = "optuna-qmc"
    requires = ("optuna>=5", "scipy>=1.15")
    learns = False
    adopts = False

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        qmc_type: Literal["sobol", "halton"] = "sobol",
    ) -> None:
        import optuna

        with warnings.catch_warnings():
            # Optuna warns that the sampler is experimental.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.QMCSampler(
                qmc_type=qmc_type, scramble=True, seed=seed, warn_independent_sampling=False
            )
        super().__init__(space, sampler)

    def ask(self, trial: int) -> Config:
        import optuna

        # Optuna would warn about each conditional parameter while the first trials are running.
        with quiet(optuna.logging.ERROR):
            return super().ask(trial)

    def adopt(self, trial: int, config: Config) -> bool:
        return False  # a fixed sequence does not learn

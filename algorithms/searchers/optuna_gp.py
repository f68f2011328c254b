"""Optuna's Gaussian-process sampler."""

from __future__ import annotations

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.api import Fidelity, Space
from hpobench.kit import UsageError


class OptunaGP(OptunaSearcher):
    """Optuna's Bayesian optimisation: a Gaussian process with expected improvement.

    Parameters that are not always active are sampled at random, outside the model.
    ``n_startup_trials``: the number of random configurations before the model is used.
    """

    name = "optuna-gp"
    # greenlet is required because without it Optuna optimises the acquisition function in another
    # way, and proposes other configurations.
    requires = ("optuna>=5", "torch>=2.4", "greenlet>=3")

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, n_startup_trials: int = 10
    ) -> None:
        import optuna

        if n_startup_trials < 1:
            raise UsageError(
                f"optuna-gp: n_startup_trials must be at least 1, not {n_startup_trials}"
            )
        sampler = optuna.samplers.GPSampler(
            seed=seed, n_startup_trials=n_startup_trials, warn_independent_sampling=False
        )
        super().__init__(space, sampler)

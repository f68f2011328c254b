"""Optuna's CMA-ES sampler."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpobench.algorithms.searchers._optuna import OptunaSearcher, suggest
from hpobench.algorithms.searchers._values import term_of
from hpobench.api import Categorical, Config, Fidelity, Space

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


class OptunaCmaEs(OptunaSearcher):
    """Optuna's CMA-ES: an evolution strategy that adapts its covariance matrix.

    The strategy handles only numbers, which include the indices of ordinal parameters. Categories,
    and parameters that are not always active, are sampled at random.
    """

    name = "optuna-cmaes"
    requires = ("optuna>=5", "cmaes>=0.12")
    adopts = False

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        import optuna

        self._seed = seed
        self._numbers = [
            p for p in space if p.when is None and type(p) is not Categorical and p.size > 1
        ]
        sampler = optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        super().__init__(space, sampler)

    def adopt(self, trial: int, config: Config) -> bool:
        return False  # Optuna passes only its own draws to the strategy

    def recall(self, history: Sequence[Sequence[tuple[Config, float]]]) -> None:
        """Begin where old trials were good, as Optuna's warm-started CMA-ES does.

        Losses count by their rank in their data set, because data sets have scales of their own.
        A space without numbers has nothing to begin with.
        """
        import optuna

        if not self._numbers:
            return
        old = [self._old(config, rank) for trials in history for config, rank in _ranked(trials)]
        with warnings.catch_warnings():
            # Optuna warns that the argument is experimental.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study.sampler = optuna.samplers.CmaEsSampler(
                seed=self._seed, warn_independent_sampling=False, source_trials=old
            )

    def _old(self, config: Config, loss: float) -> FrozenTrial:
        """A trial that ended with ``loss``, of the parameters that the strategy handles."""
        from optuna.trial import FixedTrial, create_trial

        drawn = FixedTrial({p.name: term_of(p, config[p.name]) for p in self._numbers})
        for p in self._numbers:
            suggest(drawn, p)
        return create_trial(params=drawn.params, distributions=drawn.distributions, value=loss)


def _ranked(trials: Sequence[tuple[Config, float]]) -> list[tuple[Config, float]]:
    """``trials`` with the share of lower losses in place of their own."""
    losses = [loss for _, loss in trials]
    return [(c, sum(other < loss for other in losses) / len(losses)) for c, loss in trials]

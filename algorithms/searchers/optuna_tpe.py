"""Optuna's TPE sampler (tree-structured Parzen estimator)."""

from __future__ import annotations

import warnings

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.api import Fidelity, Space
from hpobench.kit import UsageError


class OptunaTPE(OptunaSearcher):
    """Optuna's TPE: a comparison of the densities of good and bad configurations.

    ``multivariate``: whether the parameters are modelled jointly, as Optuna itself does by default
    since version 5. Otherwise each parameter has a model of its own.
    ``group``: whether, with ``multivariate``, each set of parameters that are active together has a
    joint model. Otherwise there is one joint model, of the parameters that are always active.
    ``n_startup_trials``: the number of random configurations before the model is used.
    ``constant_liar``: whether running trials count as bad, so that parallel workers spread out.
    """

    name = "optuna-tpe"
    requires = ("optuna>=5",)

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        multivariate: bool = False,
        group: bool = False,
        n_startup_trials: int = 10,
        constant_liar: bool = True,
    ) -> None:
        import optuna

        if group and not multivariate:
            raise UsageError("optuna-tpe: group needs multivariate; set both")
        if n_startup_trials < 0:
            raise UsageError(
                f"optuna-tpe: n_startup_trials must not be negative, it is {n_startup_trials}"
            )
        with warnings.catch_warnings():
            # Optuna warns that `group` is experimental.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=seed,
                multivariate=multivariate,
                group=group,
                n_startup_trials=n_startup_trials,
                constant_liar=constant_liar,
            )
        super().__init__(space, sampler)

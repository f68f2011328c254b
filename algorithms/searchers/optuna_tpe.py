"""Optuna's TPE sampler (tree-structured Parzen estimator)."""

from __future__ import annotations

import warnings

from hpobench.algorithms.searchers._optuna import OptunaSearcher
from hpobench.api import Fidelity, Space
from hpobench.kit import UsageError


class OptunaTPE(OptunaSearcher):
    """Optuna's TPE: a comparison of the densities of good and bad configurations.

    ``multivariate``: whether the parameters are modelled jointly. Otherwise each parameter has a
    model of its own. ``null``: what Optuna itself does by default, which is to model them jointly
    since version 5.
    ``group``: whether, with ``multivariate``, each set of parameters that are active together has a
    joint model. Otherwise there is one joint model, of the parameters that are always active.
    ``n_startup_trials``: the number of random configurations before the model is used.
    ``constant_liar``: whether running trials count as bad, so that parallel workers spread out.
    ``null``: what Optuna itself does by default, which is to count them so since version 5.
    """

    name = "optuna-tpe"
    requires = ("optuna>=5",)

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        multivariate: bool | None = False,
        group: bool = False,
        n_startup_trials: int = 10,
        constant_liar: bool | None = True,
    ) -> None:
        import optuna

        if group and not multivariate:
            raise UsageError("optuna-tpe: group needs multivariate; set both")
        if n_startup_trials < 0:
            raise UsageError(
                f"optuna-tpe: n_startup_trials must not be negative, it is {n_startup_trials}"
            )
        chosen = {"multivariate": multivariate, "constant_liar": constant_liar}
        with warnings.catch_warnings():
            # Optuna warns that `group` is experimental, and before version 5 others are, too.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=seed,
                group=group,
                n_startup_trials=n_startup_trials,
                **{name: value for name, value in chosen.items() if value is not None},
            )
        super().__init__(space, sampler)

"""XGBoost with boosting rounds as the fidelity."""

from __future__ import annotations

from hpobench.api import Config, Fidelity, Float, Int, Space, Training, first_loss
from hpobench.problems.xgboost._problem import XGBoostProblem


class XGBoost(XGBoostProblem):
    """XGBoost on a table: 8 parameters of its trees, 27 steps of 8 boosting rounds.

    A paused trial continues from its model, also with other parameters, as in population-based
    training. The problem needs ``xgboost-cpu`` or ``xgboost``. The space is HPOBench's:
    Eggensperger et al., "HPOBench: A Collection of Reproducible Multi-Fidelity Benchmark Problems
    for HPO", 2021 (arXiv:2109.06716).
    """

    name = "xgboost"
    source = "HPOBench (arXiv:2109.06716)"
    fidelity = Fidelity("rounds", 27, 8)  # powers of 3 suit the usual reduction factors
    space = Space(
        [
            Float("eta", 2**-10, 1.0, log=True),
            Int("max_depth", 1, 15, cheap=1),
            Float("min_child_weight", 1.0, 2**7, log=True),
            Float("subsample", 0.1, 1.0),
            Float("colsample_bytree", 0.01, 1.0),
            Float("colsample_bylevel", 0.01, 1.0),
            Float("reg_alpha", 2**-10, 2**10, log=True),
            Float("reg_lambda", 2**-10, 2**10, log=True),
        ]
    )

    def start(self, config: Config, seed: int) -> Training:
        return self._boosting(config, seed, int(self.fidelity.unit))

    def probe(self, config: Config) -> float:
        return first_loss(self, config)

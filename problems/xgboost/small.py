"""XGBoost with the few parameters that are tuned first."""

from __future__ import annotations

from hpobench.api import Fidelity, Float, Int, Space
from hpobench.problems.xgboost.rounds import XGBoost


class XGBoostSmall(XGBoost):
    """XGBoost on a table: 4 parameters in the ranges of practice, 34 steps of 3 boosting rounds.

    Everything else is left at XGBoost's defaults: a small and well-behaved space, in which most
    configurations are usable. A trial goes on from its model, under other parameters too. Needs
    ``xgboost-cpu`` or ``xgboost``, whichever is installed.
    """

    name = "xgboost-small"
    source = "https://xgboost.readthedocs.io/en/stable/tutorials/param_tuning.html"
    fidelity = Fidelity("rounds", 34, 3)  # fine enough to be recorded, and a hundred rounds
    space = Space(
        [
            Float("eta", 0.01, 0.5, log=True),
            Int("max_depth", 2, 12, cheap=2),
            Float("subsample", 0.5, 1.0),
            Float("colsample_bytree", 0.3, 1.0),
        ]
    )

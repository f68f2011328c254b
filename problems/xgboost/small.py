"""XGBoost with the four parameters that are usually tuned first."""

from __future__ import annotations

from hpobench.api import Fidelity, Float, Int, Space
from hpobench.problems.xgboost.rounds import XGBoost


class XGBoostSmall(XGBoost):
    """XGBoost on a table: 4 parameters in the ranges of practice, 34 steps of 3 boosting rounds.

    All other parameters have XGBoost's defaults. The space is small and well-behaved: most of its
    configurations are usable. A paused trial continues from its model, also with other parameters.
    The problem needs ``xgboost-cpu`` or ``xgboost``.
    """

    name = "xgboost-small"
    source = "https://xgboost.readthedocs.io/en/stable/tutorials/param_tuning.html"
    fidelity = Fidelity("rounds", 34, 3)  # about a hundred rounds, in steps fine enough to record
    space = Space(
        [
            Float("eta", 0.01, 0.5, log=True),
            Int("max_depth", 2, 12, cheap=2),
            Float("subsample", 0.5, 1.0),
            Float("colsample_bytree", 0.3, 1.0),
        ]
    )

"""XGBoost on tables, recorded on a grid."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.kit import UnknownNameError
from hpobench.problems.recorded._replay import Asked
from hpobench.problems.recorded._shipped import Shipped

Dataset = Literal[
    "abalone",
    "bikeshare",
    "churn",
    "magic",
    "penbased",
    "satimage",
    "segment",
    "spambase",
    "splice",
]


class XGBoostGrid(Shipped):
    """XGBoost recorded on 9 tables: a grid of 4 parameters, 6 values each, 34 steps of 3 rounds.

    The recorded problem is ``xgboost-small``. With ``space: original``, searchers see its ranges
    instead of the grid, and a configuration gets the results of the nearest of the 1,296
    configurations, by the rule of ``recorded``.
    """

    name = "xgboost-grid"
    family = "xgboost"
    trained = "xgboost-small"

    def __init__(self, *, dataset: Dataset, space: Asked = "recorded") -> None:
        if dataset not in get_args(Dataset):
            raise UnknownNameError("xgboost-grid dataset", dataset, get_args(Dataset))
        super().__init__(dataset, space)

"""XGBoost on ten classification sets, as a pool of ICML 2020."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Float, Int, Objective, Space
from hpobench.problems.pools._icml2020 import SampleProblem

Task = Literal[
    "a6a",
    "australian",
    "german.numer",
    "heart",
    "ijcnn1",
    "madelon",
    "skin_nonskin",
    "spambase",
    "svmguide1",
    "w6a",
]


class XGBoostPool(SampleProblem):
    """XGBoost classifiers: 8 parameters, 5,000 random configurations on each of 10 sets.

    The loss is the pool's error, from 0 to 0.5; there is no held-out loss. The data has no times,
    so an evaluation costs one second. Instead of ``max_depth``, the pool has only its index in a
    list of depths. A configuration gets the results of the nearest one in the pool.
    """

    name = "icml2020-xgboost"
    family = "xgboost"
    file = "XGBoost.csv.zip"
    tasks = get_args(Task)
    objective = Objective("error")
    columns = {
        "min_child_weight": ("hp_log2_min_child_weight", 2.0),
        "subsample": ("hp_subsample", None),
        "colsample_bytree": ("hp_colsample_bytree", None),
        "gamma": ("hp_log2_gamma", 2.0),
        "lambda": ("hp_log2_lambda", 2.0),
        "alpha": ("hp_log2_alpha", 2.0),
        "eta": ("hp_eta", None),
        "max_depth_index": ("hp_max_depth_index", None),
    }
    space = Space(
        [
            Float("min_child_weight", 2.0**-8, 2.0**6, log=True),
            Float("subsample", 0.5, 1.0),
            Float("colsample_bytree", 0.3, 1.0),
            Float("gamma", 2.0**-20, 2.0**6, log=True),
            Float("lambda", 2.0**-10, 2.0**8, log=True),
            Float("alpha", 2.0**-20, 2.0**8, log=True),
            Float("eta", 0.0, 1.0),
            Int("max_depth_index", 0, 12),
        ]
    )

    def __init__(self, *, task: Task) -> None:
        super().__init__(task)

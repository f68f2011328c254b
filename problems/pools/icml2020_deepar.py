"""DeepAR on eleven sets of time series, as a pool of ICML 2020."""

from __future__ import annotations

import math
from typing import Literal, get_args

from hpobench.api import Float, Int, Objective, Space
from hpobench.problems.pools._icml2020 import SampleProblem

Task = Literal[
    "electricity",
    "exchange-rate",
    "m4-Daily",
    "m4-Hourly",
    "m4-Monthly",
    "m4-Quarterly",
    "m4-Weekly",
    "m4-Yearly",
    "solar",
    "traffic",
    "wiki-rolling",
]


class DeepAR(SampleProblem):
    """DeepAR forecasts: 6 parameters, 212-249 random configurations on each of 11 sets of series.

    The loss is the continuous ranked probability score (CRPS); there is no held-out loss. Costs are
    the measured seconds. A configuration gets the results of the nearest one in the pool.
    """

    name = "icml2020-deepar"
    file = "DeepAR.csv.zip"
    tasks = get_args(Task)
    objective = Objective("CRPS")
    seconds = "metric_time"
    columns = {
        "num_layers": ("hp_num_layers", math.e),
        "num_cells": ("hp_num_cells", math.e),
        "dropout_rate": ("hp_dropout_rate_log", math.e),
        "learning_rate": ("hp_learning_rate_log", math.e),
        "num_batches_per_epoch": ("hp_num_batches_per_epoch_log", math.e),
        "context_length_ratio": ("hp_context_length_ratio_log", math.e),
    }
    space = Space(
        [
            Int("num_layers", 2, 4),
            Int("num_cells", 30, 120),
            Float("dropout_rate", 0.01, 0.502, log=True),  # the pool's highest value is 0.5012
            Float("learning_rate", 1e-4, 0.1, log=True),
            Int("num_batches_per_epoch", 10, 10_000, log=True),
            # The ratio of the number of points seen to the number of points to predict.
            Float("context_length_ratio", 0.05, 4.0, log=True),
        ]
    )

    def __init__(self, *, task: Task) -> None:
        super().__init__(task)

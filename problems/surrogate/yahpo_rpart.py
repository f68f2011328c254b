"""Decision trees on 117 OpenML sets, as a YAHPO surrogate."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Float, Int, Space
from hpobench.problems.surrogate._rbv2 import IMPUTATION, RandomBotProblem

Instance = Literal[
    3, 6, 11, 12, 14, 15, 16, 18, 22, 23, 24, 28, 29, 31, 32, 37, 38, 42, 44, 46, 50, 54, 60, 151,
    181, 182, 188, 300, 307, 312, 334, 375, 377, 458, 469, 470, 554, 1040, 1049, 1050, 1053, 1056,
    1063, 1067, 1068, 1111, 1220, 1457, 1461, 1462, 1464, 1468, 1475, 1476, 1478, 1479, 1480, 1485,
    1486, 1487, 1489, 1493, 1494, 1497, 1501, 1510, 1515, 1590, 4134, 4135, 4154, 4534, 4538, 4541,
    6332, 23381, 23512, 23517, 40496, 40498, 40499, 40536, 40668, 40670, 40685, 40701, 40900, 40923,
    40927, 40966, 40975, 40978, 40979, 40981, 40982, 40983, 40984, 40994, 40996, 41027, 41138,
    41142, 41143, 41146, 41150, 41156, 41157, 41159, 41161, 41162, 41163, 41164, 41165, 41166,
    41168, 41169, 41212,
]  # fmt: skip
"""OpenML task ids."""


class YahpoRpart(RandomBotProblem):
    """Decision trees on a YAHPO surrogate: 5 parameters, 117 OpenML sets, 27 parts of the data.

    The scenario is ``rbv2_rpart``. The metric is the accuracy as the mean of ten resamplings; there
    is no test value. A trial that stops has cost one training on its largest part of the data.
    """

    name = "yahpo-rpart"
    family = "rpart"
    data = "yahpo-rbv2-rpart"
    instances = get_args(Instance)
    categories = ("task_id", "num.impute.selected.cpo")
    numbers = ("cp", "maxdepth", "minbucket", "minsplit", "trainsize", "repl")
    space = Space(
        [
            Float("cp", 0.0009118819655545162, 1.0, log=True),
            Int("maxdepth", 1, 30),
            Int("minbucket", 1, 100),
            Int("minsplit", 1, 100),
            IMPUTATION,
        ]
    )

    def __init__(self, *, instance: Instance) -> None:
        super().__init__(instance)

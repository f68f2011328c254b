"""XGBoost on 119 OpenML sets, as a YAHPO surrogate."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from hpobench.api import Categorical, Float, Int, Parameter, Space, When
from hpobench.kit import UnknownNameError
from hpobench.problems.surrogate._rbv2 import IMPUTATION, RandomBotProblem

Instance = Literal[
    3, 6, 11, 12, 14, 15, 16, 18, 22, 23, 24, 28, 29, 31, 32, 37, 38, 42, 44, 46, 50, 54, 60, 151,
    181, 182, 188, 300, 307, 312, 334, 375, 377, 458, 469, 470, 554, 1040, 1049, 1050, 1053, 1056,
    1063, 1067, 1068, 1111, 1220, 1457, 1461, 1462, 1464, 1468, 1475, 1476, 1478, 1479, 1480, 1485,
    1486, 1487, 1489, 1493, 1494, 1497, 1501, 1510, 1515, 1590, 4134, 4135, 4154, 4534, 4538, 4541,
    6332, 23381, 23512, 23517, 40496, 40498, 40499, 40536, 40668, 40670, 40685, 40701, 40900, 40923,
    40927, 40966, 40975, 40978, 40979, 40981, 40982, 40983, 40984, 40994, 40996, 41027, 41138,
    41142, 41143, 41146, 41150, 41156, 41157, 41159, 41161, 41162, 41163, 41164, 41165, 41166,
    41168, 41169, 41212, 41216, 41278,
]  # fmt: skip
"""OpenML task ids."""
Booster = Literal["gbtree", "gblinear", "dart", "any"]

BOOSTERS = ("gblinear", "gbtree", "dart")
TREES = When("booster", ("dart", "gbtree"))
DART = When("booster", ("dart",))
PARAMETERS: tuple[Parameter, ...] = (
    Categorical("booster", BOOSTERS),
    IMPUTATION,
    Int("nrounds", 7, 2981, log=True),
    Float("lambda", 0.0009118819655545162, 1096.6331584284585, log=True),
    Float("alpha", 0.0009118819655545162, 1096.6331584284585, log=True),
    Float("subsample", 0.1, 1.0),
    Float("eta", 0.0009118819655545162, 1.0, log=True, when=TREES),
    Float("gamma", 4.5399929762484854e-05, 7.38905609893065, log=True, when=TREES),
    Int("max_depth", 1, 15, when=TREES),
    Float("min_child_weight", 2.718281828459045, 148.4131591025766, log=True, when=TREES),
    Float("colsample_bytree", 0.01, 1.0, when=TREES),
    Float("colsample_bylevel", 0.01, 1.0, when=TREES),
    Float("rate_drop", 0.0, 1.0, when=DART),
    Float("skip_drop", 0.0, 1.0, when=DART),
)


class YahpoXGBoost(RandomBotProblem):
    """XGBoost on a YAHPO surrogate: up to 14 parameters, 119 OpenML sets, 27 parts of the data.

    The scenario is ``rbv2_xgboost``. The metric is the accuracy as the mean of ten resamplings;
    there is no test value. A trial that stops has cost one training on its largest part of the
    data.

    ``booster``: one of the boosters, or ``any``, which makes the booster a parameter that others
    depend on. With ``any``, ``dart`` is best on nearly all instances, so searchers mostly have to
    find that; therefore ``gbtree`` is the default.
    """

    name = "yahpo-xgboost"
    family = "xgboost"
    data = "yahpo-rbv2-xgboost"
    instances = get_args(Instance)
    categories = ("task_id", "booster", "num.impute.selected.cpo")
    numbers = (
        "nrounds",
        "eta",
        "gamma",
        "lambda",
        "alpha",
        "subsample",
        "max_depth",
        "min_child_weight",
        "colsample_bytree",
        "colsample_bylevel",
        "rate_drop",
        "skip_drop",
        "trainsize",
        "repl",
    )

    def __init__(self, *, instance: Instance, booster: Booster = "gbtree") -> None:
        super().__init__(instance)
        if booster not in get_args(Booster):
            raise UnknownNameError("booster", booster, get_args(Booster))
        self.booster = booster
        self.space = Space(PARAMETERS)
        if booster != "any":
            self.constants = {**self.constants, "booster": booster}
            self.space = Space(_of(booster))

    @property
    def key(self) -> str:
        return super().key if self.booster == "gbtree" else f"{super().key}-{self.booster}"


def _of(booster: str) -> list[Parameter]:
    """The parameters that are active with ``booster``, without their condition."""
    active = (p for p in PARAMETERS[1:] if p.when is None or booster in p.when.values)
    return [replace(p, when=None) for p in active]

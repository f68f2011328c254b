"""Elastic nets on 4 OpenML sets, as a YAHPO surrogate."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Fidelity, Float, Objective, Space
from hpobench.problems.surrogate._problem import SurrogateProblem

Instance = Literal[
    1067, 1489, 40981, 41146,
]  # fmt: skip
"""OpenML task ids."""


class YahpoGlmnet(SurrogateProblem):
    """Elastic nets on a YAHPO surrogate: 2 parameters, 4 OpenML sets, 27 parts of the data.

    The scenario is ``iaml_glmnet``. The metric is the rate of wrong classifications; there is no
    test value. A trial that stops has cost one training on the most expensive part of the data so
    far. This may be the smallest part, because most of the cost of these learners is their start.
    """

    name = "yahpo-glmnet"
    source = "YAHPO Gym, arXiv:2109.03670"
    data = "yahpo-iaml-glmnet"
    instances = get_args(Instance)
    categories = ("task_id",)
    numbers = ("alpha", "s", "trainsize")
    targets = (
        "mmce",
        "f1",
        "auc",
        "logloss",
        "ramtrain",
        "rammodel",
        "rampredict",
        "timetrain",
        "timepredict",
        "mec",
        "ias",
        "nf",
    )
    seconds = ("timetrain", "timepredict")
    fidelity = Fidelity("trainsize", 27, 1 / 27)
    objective = Objective("mmce")
    space = Space([Float("alpha", 0.0, 1.0), Float("s", 1e-4, 1e3, log=True)])

    def __init__(self, *, instance: Instance) -> None:
        super().__init__(instance)

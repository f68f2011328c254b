"""LCBench: final accuracies of networks on 35 OpenML sets, as a pool of configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from hpobench.api import Config, Float, Int, Objective, Space
from hpobench.problems.pools._pool import PoolProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

Task = Literal[
    "APSFailure", "Amazon_employee_access", "Australian", "Fashion-MNIST", "KDDCup09_appetency",
    "MiniBooNE", "adult", "airlines", "albert", "bank-marketing",
    "blood-transfusion-service-center", "car", "christine", "cnae-9", "connect-4", "covertype",
    "credit-g", "dionis", "fabert", "helena", "higgs", "jannis", "jasmine",
    "jungle_chess_2pcs_raw_endgame_complete", "kc1", "kr-vs-kp", "mfeat-factors", "nomao",
    "numerai28.6", "phoneme", "segment", "shuttle", "sylvine", "vehicle", "volkert",
]  # fmt: skip
"""LCBench's names of its OpenML sets."""
COLUMNS = (
    "batch_size",
    "learning_rate",
    "max_dropout",
    "max_units",
    "momentum",
    "num_layers",
    "weight_decay",
)


class LCBenchPool(PoolProblem):
    """LCBench: 7 parameters of a funnel-shaped network, 2,000 configurations on each of 35 sets.

    These are the trainings themselves; ``lcbench`` is a surrogate of them that has learning curves.
    The metric is the plain accuracy on the validation part after the last epoch, in percent; there
    is no held-out loss. The data has no curves and no times, so an evaluation costs one second. A
    configuration gets the results of the nearest one in the pool.
    """

    name = "lcbench-pool"
    family = "lcbench"
    source = "Zimmer, Lindauer and Hutter 2021, arXiv:2006.13799; arrays from BOCoDe 1.0.1"
    data = "lcbench-pool"
    file = "bocode/opt_problems/hpo/data/lcbench_data.npz"
    tasks = get_args(Task)
    objective = Objective("final_val_accuracy", "maximize")
    space = Space(
        [
            Int("batch_size", 16, 512, log=True),
            Float("learning_rate", 1e-4, 0.1, log=True),
            # LCBench's description has a linear scale, but the pool's values are log-uniform.
            Float("momentum", 0.1, 0.99, log=True),
            Float("weight_decay", 1e-5, 0.1),
            Int("num_layers", 1, 4),  # LCBench's description has 5, but no configuration has
            Int("max_units", 64, 1024, log=True),
            Float("max_dropout", 0.0, 1.0),
        ]
    )

    def __init__(self, *, task: Task) -> None:
        super().__init__(task)

    def read(self) -> Mapping[str, NDArray[Any]]:
        from hpobench.problems.pools._bocode import arrays, read

        array = self.task.replace("-", "_").replace(".", "_")
        columns = read(self.path, array, COLUMNS)
        values = [
            (
                columns[p.name].round().astype(int) if isinstance(p, Int) else columns[p.name]
            ).tolist()
            for p in self.space
        ]
        configs: list[Config] = [
            dict(zip(self.space.names, row, strict=True)) for row in zip(*values, strict=True)
        ]
        return arrays(self.space, configs, columns["accuracy"])

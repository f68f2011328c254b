"""NAS-Bench-102, the first name of NAS-Bench-201, as a pool of ICML 2020."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from hpobench.api import Categorical, Config, Objective, Space
from hpobench.problems.pools._pool import PoolProblem
from hpobench.problems.tabular._grid import Grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Task = Literal["cifar10", "cifar100", "ImageNet16-120"]
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""The operations in the order of the file's codes."""


class NASBench102(PoolProblem):
    """NAS-Bench-102: the six operations of a network's cell, all 15,625 cells on 3 image sets.

    The loss is the error on the test part, in percent. It is visible to searchers, and there is no
    held-out loss. The data has no times, so an evaluation costs one second. The problem
    ``nasbench201`` has the same cells with validation losses and times.
    """

    name = "icml2020-nas"
    family = "nasbench201"
    source = (
        "Dong and Yang 2020, arXiv:2001.00326, in the form of Salinas, Shen and Perrone 2020, "
        "arXiv:1909.13595"
    )
    data = "icml2020"
    file = "nas_bench102.csv.zip"
    tasks = get_args(Task)
    objective = Objective("error")
    space = Space([Categorical(f"Op{i}", OPERATIONS) for i in range(6)])

    def __init__(self, *, task: Task) -> None:
        super().__init__(task)

    @cached_property
    def _grid(self) -> Grid:
        return Grid(self.space)

    def read(self) -> Mapping[str, NDArray[np.float64]]:
        import numpy as np

        from hpobench.problems.pools._csv import read_task

        names = [f"hp_x{i}" for i in range(len(self.space))]
        values = read_task(self.path, self.task, [*names, "metric_error"])
        codes = [values[name].astype(int) for name in names]
        rows = np.ravel_multi_index(codes, self._grid.sizes)
        losses = values["metric_error"][np.argsort(rows, kind="stable"), None]
        if not np.array_equal(np.sort(rows), np.arange(np.prod(self._grid.sizes))):
            raise ValueError(f"{len(rows)} rows are not every cell once")
        return {"losses": losses, "costs": np.ones_like(losses)}

    def row(self, config: Config) -> int:
        return self._grid.row(config)

    def everything(self) -> Sequence[tuple[float, float]]:
        return [(loss, loss) for loss in self.rows.losses]

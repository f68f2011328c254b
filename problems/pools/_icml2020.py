"""The pools of configurations from the ICML 2020 paper on quantile-based transfer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from hpobench.problems.pools._pool import PoolProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SampleProblem(PoolProblem):
    """A pool of random configurations, each of which was evaluated at full fidelity."""

    source = "Salinas, Shen and Perrone 2020, arXiv:1909.13595"
    data = "icml2020"

    columns: ClassVar[Mapping[str, tuple[str, float | None]]]
    """For each parameter, its column, and the base if the column holds logarithms."""
    seconds: ClassVar[str | None] = None
    """The column of the cost; without one, an evaluation costs a second."""

    def read(self) -> Mapping[str, NDArray[np.float64]]:
        import numpy as np

        from hpobench.problems.pools._csv import places_of, read_task

        loss = f"metric_{self.objective.metric}"
        names = [name for name, _ in self.columns.values()]
        wanted = [*names, loss, *([self.seconds] if self.seconds else [])]
        values = read_task(self.path, self.task, wanted)
        costs = values[self.seconds] if self.seconds else np.ones_like(values[loss])
        if not (costs > 0).all():
            raise ValueError(f"column {self.seconds} holds a cost that is not positive")
        return {
            "losses": values[loss][:, None],
            "costs": costs[:, None],
            "places": places_of(self.space, self.columns, values),
        }

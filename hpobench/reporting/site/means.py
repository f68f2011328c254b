"""Mean regrets over seeds, of all problems, algorithms and numbers of workers at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.archive import Archive
from hpobench.evidence.scores import (
    Algorithm,
    FloatArray,
    numbered,
    numbered_algorithms,
    regrets_at,
)

Numbers: TypeAlias = NDArray[np.int64]
SHOWN = np.array([1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100], float)
"""The budgets in full evaluations that pages let a reader choose from: those people ask for."""


@dataclass(frozen=True)
class RunColumns:
    """The columns of an archive's runs, each of shape (runs,) if nothing else is said."""

    workers: Numbers
    """The number of workers by its place among those of :class:`Means`, like the next two."""
    problem: Numbers
    algorithm: Numbers
    seed: Numbers
    cell: list[bytes]
    """The hash at the end of the cell's id."""
    done: NDArray[np.bool_]
    """Whether the run ended well."""
    thinking: FloatArray
    """Seconds of the searcher for each trial."""
    regret: FloatArray
    """Shape (runs, budgets)."""


@dataclass(frozen=True)
class Means:
    """Normalised regrets at the budgets that pages show."""

    workers: tuple[int, ...]
    problems: tuple[str, ...]
    algorithms: tuple[Algorithm, ...]
    budgets: list[float]
    """Those of :data:`SHOWN` at which a run is known."""
    regret: FloatArray
    """Shape (workers, problems, algorithms, budgets); NaN where there is no run."""
    runs: RunColumns

    @property
    def main_workers(self) -> int:
        """The place of the number of workers that most runs have."""
        return int(np.bincount(self.runs.workers).argmax())


def last_place(known: NDArray[np.bool_]) -> int | None:
    """The last place, along the only axis, where something is ``known``; ``None`` without any."""
    places = np.flatnonzero(known)
    return int(places[-1]) if len(places) else None


def means_of(archive: Archive) -> Means:
    runs = archive.runs
    algorithms, of_algorithm = numbered_algorithms(runs)
    problems, of_problem = numbered(runs["problem"])
    workers, of_workers = numbered(runs["workers"])
    every = regrets_at(archive, runs, SHOWN)
    known = np.isfinite(every).any(axis=0)
    regret = every[:, known]
    shape = (len(workers), len(problems), len(algorithms), regret.shape[1])
    sums, counts = np.zeros(shape), np.zeros(shape)
    place = (of_workers, of_problem, of_algorithm)
    # Several runs have the same place, of which `sums[place] += regret` would add only the last.
    np.add.at(sums, place, np.nan_to_num(regret))
    np.add.at(counts, place, np.isfinite(regret))
    means = np.divide(sums, counts, out=np.full(shape, np.nan), where=counts > 0)
    columns = RunColumns(
        *(of_workers, of_problem, of_algorithm),
        runs["seed"].to_numpy(),
        runs["cell"].to_pylist(),
        runs["done"].to_numpy(zero_copy_only=False),  # Arrow packs booleans as bits
        runs["thinking"].to_numpy().astype(np.float64),
        regret,
    )
    return Means(workers, problems, algorithms, SHOWN[known].tolist(), means, columns)

"""What black-box formats share: runs by algorithm, function and dimension, and the index files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from hpobench.analysis.text.file_names import Names, slug
from hpobench.analysis.text.spreadsheet import csv_bytes
from hpobench.contract.files import write_whole
from hpobench.export.functions import numbered
from hpobench.export.traces import Traces


class Run(NamedTuple):
    row: int
    """Of the cells of the traces' results."""
    instance: int
    seed: int
    status: str


@dataclass(frozen=True)
class FunctionRuns:
    """The runs of one algorithm on one function."""

    algorithm: str
    folder: str
    """The algorithm's."""
    suite: str
    function: int
    name: str
    """The function's."""
    dimensions: dict[int, list[Run]]
    """By dimension, in the order of instances and seeds."""


class Layout:
    """How the runs of ``traces`` are divided into files.

    Where there are runs on several numbers of workers, an algorithm is another one on each.
    """

    def __init__(self, traces: Traces) -> None:
        cells = traces.results.cells
        self.functions = numbered(traces.results, traces.problems)
        runs = cells[["searcher", "scheduler", "workers", "problem", "seed", "status"]]
        several = cells["workers"].nunique() > 1
        names = traces.names + (" on " + cells["workers"].astype(str) if several else "")
        runs = runs.assign(algorithm=names, row=range(len(cells)))
        self._runs = runs.merge(self.functions, on="problem")
        columns = ["algorithm", "searcher", "scheduler", "workers"]
        self.algorithms = self._runs[columns].drop_duplicates(ignore_index=True)
        free = Names().free
        self.algorithms.insert(0, "folder", [free(slug(a)) for a in self.algorithms["algorithm"]])

    def groups(self) -> Iterator[FunctionRuns]:
        """In the order of algorithms and functions of the results."""
        folders = dict(zip(self.algorithms["algorithm"], self.algorithms["folder"], strict=True))
        for _, runs in self._runs.groupby(["algorithm", "suite", "function"], sort=False):
            first = runs.iloc[0]
            yield FunctionRuns(
                algorithm=first["algorithm"],
                folder=folders[first["algorithm"]],
                suite=first["suite"],
                function=int(first["function"]),
                name=first["name"],
                dimensions=_dimensions(runs),
            )

    def describe(self, out: Path, readme: str) -> None:
        """Write ``README.txt``, ``functions.csv`` and ``algorithms.csv`` into ``out``."""
        for name, frame in (("functions", self.functions), ("algorithms", self.algorithms)):
            write_whole(out / f"{name}.csv", csv_bytes(frame), flush=False)
        write_whole(out / "README.txt", readme.encode(), flush=False)


def _dimensions(runs: pd.DataFrame) -> dict[int, list[Run]]:
    found: dict[int, list[Run]] = {}
    ordered = runs.sort_values(["dimension", "instance", "seed"], kind="stable")
    columns = [ordered[name].tolist() for name in ("dimension", *Run._fields)]
    for dimension, *run in zip(*columns, strict=True):
        found.setdefault(dimension, []).append(Run(*run))
    return found

"""What black-box formats share: problems as numbered functions, with their runs and index files."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from hpobench.analysis.text.csv_files import Names, csv_bytes, slug
from hpobench.contract.files import write_whole
from hpobench.export.traces import Traces
from hpobench.store.read.reader import Results

SUITES = ("bbob", "bbob-mixint", "bbob-noisy")
"""COCO's suites whose members keep COCO's numbers: problems of that name with the options
``function``, ``dimension`` and ``instance``."""
OTHERS = "others"
"""The suite of all problems that are nobody's functions."""
FIRST = 5001
"""The number of the first of them; neither COCO nor IOHprofiler uses it for one of theirs."""

NUMBERS = ["suite", "function", "name", "dimension", "instance"]
KEPT = ["steps", "fidelity", "metric", "direction", "optimum", "known", "clip", "source"]


class FunctionRun(NamedTuple):
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
    dimensions: dict[int, list[FunctionRun]]
    """By dimension, in the order of instances and seeds."""


def write_functions(
    results: Results, folder: Path, readme: str, write: Callable[[Traces, FunctionRuns, Path], None]
) -> list[str]:
    """Let ``write`` put the runs of ``results`` into ``folder``, an algorithm on a function a call.
    Adds ``README.txt``, ``functions.csv`` and ``algorithms.csv``. Where there are runs on several
    numbers of workers, an algorithm is another one on each. Returns what was left out."""
    traces = Traces(results)
    cells, functions = traces.results.cells, _numbered(traces.results, traces.problems)
    several = cells["workers"].nunique() > 1
    names = traces.names + (" on " + cells["workers"].astype(str) if several else "")
    runs = cells[["searcher", "scheduler", "workers", "problem", "seed", "status"]]
    runs = runs.assign(algorithm=names, row=range(len(cells))).merge(functions, on="problem")
    columns = ["algorithm", "searcher", "scheduler", "workers"]
    algorithms = runs[columns].drop_duplicates(ignore_index=True)
    free = Names().free
    algorithms.insert(0, "folder", [free(slug(name)) for name in algorithms["algorithm"]])
    folders = dict(zip(algorithms["algorithm"], algorithms["folder"], strict=True))
    for _, group in runs.groupby(["algorithm", "suite", "function"], sort=False):
        name, suite, function, title = (
            group[column].iloc[0] for column in ("algorithm", "suite", "function", "name")
        )
        dimensions: dict[int, list[FunctionRun]] = {}
        ordered = group.sort_values(["dimension", "instance", "seed"], kind="stable")
        fields = [ordered[field].tolist() for field in ("dimension", *FunctionRun._fields)]
        for dimension, *run in zip(*fields, strict=True):
            dimensions.setdefault(dimension, []).append(FunctionRun(*run))
        found = FunctionRuns(name, folders[name], suite, int(function), title, dimensions)
        write(traces, found, folder)
    for stem, frame in (("functions", functions), ("algorithms", algorithms)):
        write_whole(folder / f"{stem}.csv", csv_bytes(frame), flush=False)
    write_whole(folder / "README.txt", readme.encode(), flush=False)
    return traces.notes


def _numbered(results: Results, problems: pd.DataFrame) -> pd.DataFrame:
    """``problems``, in their order, as an index with the columns ``problem``, :data:`NUMBERS` and
    :data:`KEPT`.

    A problem that is no member of :data:`SUITES` is a function of its own, of as many dimensions
    as it has parameters, and its own first instance. ``steps``: the evaluations, in the export's
    count, that a full one takes.
    """
    specs = dict(zip(results.cells["problem"], results.cells["spec"], strict=True))
    rows: list[dict[str, Any]] = []
    free = itertools.count(FIRST)
    for _, problem in problems.iterrows():
        name = problem["problem"]
        spec = json.loads(specs[name]).get("problem", {})
        suite, options = spec.get("name"), spec.get("options", {})
        if suite in SUITES and {"function", "dimension", "instance"} <= set(options):
            function = options["function"]
            own = f"{suite}-f{function}"
            numbers = (suite, function, own, options["dimension"], options["instance"])
        else:
            numbers = (OTHERS, next(free), name, problem["dimensions"], 1)
        rows.append({"problem": name, **dict(zip(NUMBERS, numbers, strict=True)), **problem[KEPT]})
    return pd.DataFrame(rows)

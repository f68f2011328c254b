"""From each number of a report to the runs that it is made of, and how to run them again."""

from __future__ import annotations

import hashlib
import shlex

import pandas as pd

from hpobench.analysis.core.curves import algorithm_names
from hpobench.analysis.exhibits.setting import ranges
from hpobench.reporting.entries import Field, TableEntry
from hpobench.store.reader import Results

CAPTION = (
    "Numbers and names of algorithms in the tables lead here. The command, given in the folder of "
    "the results, runs the same cells again into the folder `again`; on the virtual stage they "
    "come out the same to the last bit. Where plugin files were given, suite.yaml names them, and "
    "they are to be given again. The CSV file has the ids of all cells, by which the stored events "
    "and trials are labelled."
)
COLUMNS = ["workers", "seed", "cell", "status", "trials", "results", "clock", "events_shard"]


def anchor(algorithm: str, problem: str = "") -> str:
    """The id of the row about the runs of ``algorithm`` on ``problem``, or of its first row."""
    return f"runs-{hashlib.sha256(f'{algorithm}/{problem}'.encode()).hexdigest()[:10]}"


def origins(results: Results) -> pd.DataFrame:
    """One row per run: ``algorithm, searcher, scheduler, problem`` and :data:`COLUMNS`."""
    cells = results.cells
    named = cells[["searcher", "scheduler", "problem", *COLUMNS]].copy()
    named.insert(0, "algorithm", algorithm_names(cells))
    return named


def origins_table(frame: pd.DataFrame, csv: str) -> TableEntry:
    """One row per algorithm and problem."""
    rows = []
    seen: set[str] = set()
    for _, runs in frame.groupby(["algorithm", "problem"], sort=False):
        algorithm, problem = str(runs["algorithm"].iloc[0]), str(runs["problem"].iloc[0])
        first = algorithm not in seen
        seen.add(algorithm)
        seeds = ranges(sorted(set(runs["seed"])))
        failed = int((runs["status"] != "done").sum())
        rows.append(
            [
                Field(algorithm, anchor=anchor(algorithm) if first else ""),
                Field(problem, anchor=anchor(algorithm, problem)),
                Field(seeds),
                Field(f"{len(runs):,}", key=float(len(runs))),
                Field(f"{failed:,}", key=float(failed)),
                Field(command(runs.iloc[0], seeds)),
            ]
        )
    columns = ["Algorithm", "Problem", "Seeds", "Runs", "Failed", "Command"]
    return TableEntry("runs", "Runs", CAPTION, columns, rows, csv)


def command(run: pd.Series, seeds: str) -> str:
    """What runs the cells of ``run``'s algorithm and problem again."""
    labels = "/".join((run["searcher"], run["scheduler"], run["problem"]))
    words = ["python", "-m", "hpobench", "run", "suite.yaml", "--only", labels]
    words += ["--seeds", seeds, "--results", "again"]
    return shlex.join(words)

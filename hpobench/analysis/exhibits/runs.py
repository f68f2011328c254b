"""The runs behind each number of a report, and how to run them again."""

from __future__ import annotations

import shlex

import pandas as pd

from hpobench.analysis.core.curves import algorithm_names
from hpobench.analysis.study import Study, Whole, whole_study
from hpobench.analysis.text.fields import Field, Grid, anchor, integer_field
from hpobench.contract.wording import ranges

TITLE = "Runs"
STEM = "runs"
SHOWS = "The runs behind every number, with the command that runs them again."
TAB = "setup"

COLUMNS = ["workers", "seed", "cell", "status", "trials", "results", "clock", "events_shard"]

subjects = whole_study


def table(study: Study, _: Whole) -> pd.DataFrame:
    """One row per run: ``algorithm, searcher, scheduler, problem`` and :data:`COLUMNS`."""
    cells = study.every.cells
    named = cells[["searcher", "scheduler", "problem", *COLUMNS]].copy()
    named.insert(0, "algorithm", algorithm_names(cells))
    return named


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return (
        "Numbers and names of algorithms in the tables lead here. A command, given in the folder "
        "of the results, runs the same cells again into the folder `again`; on the virtual stage "
        "they come out the same to the last bit. Plugin files that were given, which suite.yaml "
        "names, are to be given again. The CSV file has the ids of all cells, which label the "
        "stored events and trials."
    )


def grid(table: pd.DataFrame) -> Grid:
    """One row per algorithm and problem."""
    rows, seen = [], set()
    for _, runs in table.groupby(["algorithm", "problem"], sort=False):
        algorithm, problem = str(runs["algorithm"].iloc[0]), str(runs["problem"].iloc[0])
        first = algorithm not in seen
        seen.add(algorithm)
        seeds = ranges(sorted(set(runs["seed"])))
        fields = [
            Field(algorithm, anchor=anchor(algorithm) if first else ""),
            Field(problem, anchor=anchor(algorithm, problem)),
            Field(seeds),
            integer_field(len(runs)),
            integer_field((runs["status"] != "done").sum()),
            Field(command(runs.iloc[0], seeds)),
        ]
        rows.append(fields)
    columns = ["Algorithm", "Problem", "Seeds", "Runs", "Failed", "Command"]
    return Grid(columns, rows)


def command(run: pd.Series, seeds: str) -> str:
    """What runs the cells of ``run``'s algorithm and problem again."""
    labels = "/".join((run["searcher"], run["scheduler"], run["problem"]))
    words = ["python", "-m", "hpobench", "run", "suite.yaml", "--only", labels]
    words += ["--seeds", seeds, "--results", "again"]
    return shlex.join(words)

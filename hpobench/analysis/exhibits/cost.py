"""What each algorithm cost."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import algorithm_columns, algorithm_names, algorithms_of
from hpobench.analysis.core.failures import KINDS
from hpobench.analysis.study import Study, Whole, whole_study
from hpobench.analysis.text.fields import Field, Grid, algorithm_field, integer_field
from hpobench.contract.wording import number

TITLE = "Cost"
STEM = "cost"
SHOWS = "What the runs of each algorithm used: time, thinking, memory; and what failed."
TAB = "setup"

_COUNTS = ["runs", "trials", "results"]
_COST = {
    "clock_h": "Clock h",
    "evaluation_h": "Evaluation h",
    "suggest_s": "Suggest s",
    "observe_s": "Observe s",
    "harness_s": "Harness s",
    "peak_memory_mb": "Peak memory MB",
}

subjects = whole_study


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Sums over all runs of each algorithm; the peak memory is the largest of any run's.

    Columns ``algorithm, searcher, scheduler, runs, trials, results, clock_h, evaluation_h,
    suggest_s, observe_s, harness_s, peak_memory_mb``, the number of failed runs of each of the
    :data:`~hpobench.analysis.core.failures.KINDS`, and ``failed trials``. Hours are of the
    cells' clock: its length, and the workers' busy time on it. Seconds are wall seconds.
    """
    results = study.every
    names = algorithm_names(results.cells)
    cells = results.cells.assign(algorithm=names, runs=1)
    summed = [*_COUNTS, "clock", "evaluation_s", "suggest_s", "observe_s", "harness_s"]
    table = cells.groupby("algorithm")[summed].sum()
    table[["clock", "evaluation_s"]] /= 3600.0
    table = table.rename(columns={"clock": "clock_h", "evaluation_s": "evaluation_h"})
    table["peak_memory_mb"] = cells.groupby("algorithm")["peak_memory"].max() / 1e6
    kinds = study.failures.groupby(["algorithm", "kind"]).size()
    for kind in KINDS:
        table[kind] = [int(kinds.get((name, kind), 0)) for name in table.index]
    # As objects: categories would also count those without a failure.
    failed = results.trials.loc[results.trials["status"] == "failed", "cell"].astype(object)
    failures = failed.map(pd.Series(names.to_numpy(), index=cells["cell"])).value_counts()
    table["failed trials"] = failures.reindex(table.index, fill_value=0)
    algorithms = algorithm_columns(tuple(algorithms_of(results.cells)))
    return algorithms.merge(table, left_on="algorithm", right_index=True, how="left")


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return (
        "Sums over all runs, failed ones included. Clock is the length of the runs and evaluation "
        "the busy time of their workers, both in hours of the runs' clock. Thinking (suggest, "
        "observe) and harness are wall seconds and never part of the clock. Memory is the largest "
        "of any run's process."
    )


def grid(table: pd.DataFrame) -> Grid:
    failed = [*KINDS, "failed trials"]
    counts, failures = (map(str.capitalize, names) for names in (_COUNTS, failed))
    rows = [
        [
            algorithm_field(row["algorithm"]),
            *(integer_field(row[c]) for c in _COUNTS),
            *(Field(number(row[c]), key=row[c]) for c in _COST),
            *(integer_field(row[c]) for c in failed),
        ]
        for _, row in table.iterrows()
    ]
    return Grid(["Algorithm", *counts, *_COST.values(), *failures], rows)

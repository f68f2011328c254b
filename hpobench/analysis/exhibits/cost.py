"""T4: what each algorithm cost."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import algorithm_names, algorithms_of
from hpobench.analysis.core.failures import KINDS, failures
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.store.reader import Results


def cost(results: Results) -> pd.DataFrame:
    """Sums over all runs of each algorithm; the peak memory is the largest of any run's.

    Columns ``algorithm, searcher, scheduler, runs, trials, results, clock_h, evaluation_h,
    suggest_s, observe_s, harness_s, peak_memory_mb``, the number of failed runs of each of the
    :data:`~hpobench.analysis.core.failures.KINDS`, and ``failed trials``. Hours are of the
    cells' clock: its length, and the workers' busy time on it. Seconds are wall seconds.
    """
    names = algorithm_names(results.cells)
    cells = results.cells.assign(algorithm=names, runs=1)
    sums = cells.groupby("algorithm")[
        [
            "runs",
            "trials",
            "results",
            "clock",
            "evaluation_s",
            "suggest_s",
            "observe_s",
            "harness_s",
        ]
    ].sum()
    table = pd.DataFrame(
        {
            "runs": sums["runs"],
            "trials": sums["trials"],
            "results": sums["results"],
            "clock_h": sums["clock"] / 3600.0,
            "evaluation_h": sums["evaluation_s"] / 3600.0,
            "suggest_s": sums["suggest_s"],
            "observe_s": sums["observe_s"],
            "harness_s": sums["harness_s"],
            "peak_memory_mb": cells.groupby("algorithm")["peak_memory"].max() / 1e6,
        }
    )
    kinds = failures(results.cells).groupby(["algorithm", "kind"]).size()
    for kind in KINDS:
        table[kind] = [int(kinds.get((name, kind), 0)) for name in table.index]
    table["failed trials"] = _failed_trials(results, names).reindex(table.index, fill_value=0)
    algorithms = algorithm_columns(tuple(algorithms_of(results.cells)))
    return algorithms.merge(table, left_on="algorithm", right_index=True, how="left")


def _failed_trials(results: Results, names: pd.Series) -> pd.Series:
    failed = results.trials.loc[results.trials["status"] == "failed", "cell"].astype(object)
    of_cell = pd.Series(names.to_numpy(), index=results.cells["cell"])
    return failed.map(of_cell).value_counts()

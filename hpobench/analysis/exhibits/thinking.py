"""F9: what searchers think, by how much they have seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.store.reader import Results


def thinking(results: Results) -> pd.DataFrame:
    """Wall seconds of thinking (suggest and observe) for one trial, by searcher.

    Columns ``algorithm`` (the searcher), ``at``, ``estimate, low, high`` (median and quartiles)
    and ``trials``. ``at`` is a power of two: the trials that were asked for after at least so
    many others, and fewer than twice as many, of all runs. A run's first trial is left out:
    there is nothing to think about.
    """
    trials = results.trials.merge(results.cells[["cell", "searcher"]], on="cell")
    trials = trials[trials["trial"] >= 1]
    seconds = trials["suggest_s"].fillna(0.0) + trials["observe_s"].fillna(0.0)
    at = 2 ** np.floor(np.log2(trials["trial"].to_numpy(np.float64))).astype(np.int64)
    order = list(dict.fromkeys(results.cells["searcher"]))
    groups = seconds.groupby([pd.Categorical(trials["searcher"], order), at], observed=True)
    columns = {
        "estimate": groups.quantile(0.5),
        "low": groups.quantile(0.25),
        "high": groups.quantile(0.75),
        "trials": groups.size(),
    }
    found = pd.DataFrame(columns).rename_axis(["algorithm", "at"]).reset_index()
    return found.astype({"algorithm": str})

"""The time that searchers think about a trial, over the number of trials asked for before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.looks import Styles
from hpobench.analysis.study import Study, Whole
from hpobench.analysis.text import phrases

TITLE = "Thinking time"
STEM = "thinking"
SHOWS = (
    "How long a searcher thinks about one trial, by how many it was asked for before. Lower is "
    "faster."
)
TAB = "setup"


def subjects(study: Study) -> list[Whole]:
    """The study, if any run asked for enough trials to draw a line."""
    several = study.computed(table, study.whole)["at"].nunique() > 1
    return [study.whole] if several else []


def table(study: Study, _: Whole) -> pd.DataFrame:
    """Wall seconds of thinking (suggest and observe) for one trial, by searcher.

    Columns ``algorithm`` (the searcher), ``at``, ``estimate, low, high`` (median and quartiles)
    and ``trials``. ``at`` is a power of two: the trials that were asked for after at least so
    many others, and fewer than twice as many, of all runs. A run's first trial is left out:
    there is nothing to think about.
    """
    results = study.results
    trials = results.trials.merge(results.cells[["cell", "searcher"]], on="cell")
    trials = trials[trials["trial"] >= 1]
    seconds = trials["suggest_s"].fillna(0.0) + trials["observe_s"].fillna(0.0)
    at = 2 ** np.floor(np.log2(trials["trial"].to_numpy(np.float64))).astype(np.int64)
    order = list(dict.fromkeys(results.cells["searcher"]))
    groups = seconds.groupby([pd.Categorical(trials["searcher"], order), at], observed=True)
    shares = {"estimate": 0.5, "low": 0.25, "high": 0.75}
    found = pd.DataFrame({name: groups.quantile(share) for name, share in shares.items()})
    found = found.assign(trials=groups.size()).rename_axis(["algorithm", "at"]).reset_index()
    return found.astype({"algorithm": str})


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return (
        "A searcher's wall time for one trial runs from being asked for it to having learnt its "
        "losses. Trials are in doubling classes of how many were asked for before them in the same "
        "run. Lines are medians over all trials of all runs, bands quartiles. Where a searcher has "
        "an environment of its own the time includes the way there and back. Other runs shared the "
        "machine meanwhile, and this time is never part of a run's clock."
    )


alt = phrases.curves_of("thinking time")


def figure(study: Study, _: Whole, table: pd.DataFrame) -> Lines:
    return Lines(
        # Searchers as algorithms, which keep their hues.
        styles=Styles(tuple(Algorithm(name, name, "") for name in study.styles.searchers)),
        x=x_axis(table, "Trials asked for before"),
        y=y_axis(table, "Thinking, seconds a trial", log=True),
    )

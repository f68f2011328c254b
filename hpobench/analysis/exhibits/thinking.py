"""The time that searchers think about a trial, over the number of trials asked for before."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.curves import curves
from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Drawing, Styles
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.numbers import ends
from hpobench.analysis.study import Study, Whole

TITLE = "Thinking time"
STEM = "thinking"
SHOWS = (
    "How long a searcher thinks about one trial, by how many it was asked for before. Lower is "
    "faster."
)
TAB: Tab = "setup"

_X, _Y = "Trials asked for before", "Thinking, seconds a trial"


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
    columns = {
        "estimate": groups.quantile(0.5),
        "low": groups.quantile(0.25),
        "high": groups.quantile(0.75),
        "trials": groups.size(),
    }
    found = pd.DataFrame(columns).rename_axis(["algorithm", "at"]).reset_index()
    return found.astype({"algorithm": str})


def caption(_study: Study, _: Whole, _table: pd.DataFrame) -> str:
    return (
        "A searcher's wall time for one trial runs from being asked for it to having learnt its "
        "losses. Trials are in doubling classes of how many were asked for before them in the same "
        "run. Lines are medians over all trials of all runs, bands quartiles. Where a searcher has "
        "an environment of its own the time includes the way there and back. Other runs shared the "
        "machine meanwhile, and this time is never part of a run's clock."
    )


def alt(_: Whole, table: pd.DataFrame) -> str:
    return f"Curves of thinking time. {ends(table)}"


def drawing(study: Study, _: Whole, table: pd.DataFrame) -> Drawing:
    return partial(draw_lines, table, _searchers(study), xlabel=_X, ylabel=_Y, log_y=True)


def chart(study: Study, _: Whole, __: pd.DataFrame) -> Spec:
    names = {"searcher": "datum.algorithm", "scheduler": "''"}
    named = [{"calculate": by, "as": name} for name, by in names.items()]
    looks = _searchers(study)
    return curves(looks, x=_X, y=_Y, log_y=True, percent_x=False, transform=named)


def _searchers(study: Study) -> Styles:
    """Searchers as algorithms, which keep their hues."""
    return Styles([Algorithm(name, name, "") for name in study.styles.searchers])

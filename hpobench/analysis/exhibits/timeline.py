"""F10: which worker a run's trials were on, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import problems_of
from hpobench.analysis.core.occupancy import occupancy
from hpobench.analysis.exhibits.lineage import descent
from hpobench.store.reader import Results

BARS = 120
"""More bars of one run side by side cannot be told apart."""

COLUMNS = ["cell", "worker", "trial", "begin", "end", "first_step", "last_step", "ended"]
COLUMNS += ["parent", "parent_step", "parent_worker", "parent_clock"]


def timeline(results: Results, cells: pd.DataFrame) -> pd.DataFrame:
    """The bars of the runs ``cells``, rows of ``results.cells``: for each stretch of steps that a
    trial spent on one worker without a break, a row.

    Columns as :data:`COLUMNS`, by cell, then ``begin``; times in seconds of the run's clock (see
    :func:`hpobench.analysis.core.occupancy.occupancy`). ``ended``: ``paused`` where the trial went on
    later, else as it stood at the end of the run: completed, stopped, paused, cut (by the end of
    the budget) or failed. On a clone's bar ``parent`` and ``parent_step`` are the state it went
    on from, and ``parent_worker`` and ``parent_clock`` where and when the donor had reached it.
    """
    frames = [pd.DataFrame(columns=COLUMNS)]
    for cell in cells["cell"]:
        events, trials = (x[x["cell"] == cell] for x in (results.events, results.trials))
        if len(events):
            frames.append(_bars(events.reset_index(drop=True), trials).assign(cell=cell)[COLUMNS])
    return pd.concat(frames[1:] or frames, ignore_index=True)


def shown_runs(results: Results, most: int) -> pd.DataFrame:
    """The runs whose timelines a report shows: one searcher's under each scheduler, ``most`` at
    most, with the same seed on the first problem that has several steps. Rows of
    ``results.cells``, which hold one number of workers only (see
    :func:`hpobench.analysis.core.workers.compared`); none where there is no such problem.

    Of searchers and seeds it is the first with runs, not failed, under the most schedulers.
    """
    cells, problems = results.cells, problems_of(results)
    done = cells[(cells["status"] == "done") & (cells["results"] > 0)]
    several = [
        p for p in problems.loc[problems["steps"] > 1, "problem"] if p in set(done["problem"])
    ]
    own = done[done["problem"].isin(several[:1])]
    if own.empty:
        return own
    sizes = own.groupby(["searcher", "seed"], sort=False)["cell"].transform("size")
    first = own.iloc[int(sizes.to_numpy().argmax())]
    beside = (own["searcher"] == first["searcher"]) & (own["seed"] == first["seed"])
    shown: pd.DataFrame = own[beside].head(most)
    return shown


def shown_until(table: pd.DataFrame) -> float:
    """The moment up to which the bars of :func:`timeline` can be told apart: no run has begun
    more than :data:`BARS` by then. Infinite where none has more at all."""
    later = table["begin"][table.groupby("cell", sort=False).cumcount() == BARS]
    return float(later.to_numpy(np.float64).min(initial=np.inf))


def _bars(events: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """The bars of one run, without ``cell``."""
    begin, end = occupancy(events, np.zeros(len(events), dtype=np.int64))
    _, before = descent(events)
    events = events.assign(begin=begin, end=end)
    trial = events.groupby("trial")
    follows = trial["worker"].shift() == events["worker"]
    follows &= (trial["decision"].shift() != "PAUSE") & events["parent"].isna()
    number = (~follows).groupby(events["trial"]).cumsum()
    bars = events.groupby([events["trial"], number.rename("number")], sort=False)
    found = pd.DataFrame(
        {
            "worker": bars["worker"].first(),
            "begin": bars["begin"].first(),
            "end": bars["end"].last(),
            "first_step": bars["step"].first(),
            "last_step": bars["step"].last(),
            "parent": bars["parent"].first().astype("Int64"),
            "parent_step": bars["parent_step"].first().astype("Int64"),
        }
    )
    first = np.flatnonzero(~follows)
    donor = np.where(events["parent"].notna(), before, -1)[first]
    found["parent_worker"] = events["worker"].astype("Int64").reindex(donor).array
    found["parent_clock"] = events["end"].reindex(donor).array
    found = found.reset_index().drop(columns="number")
    status = found["trial"].map(trials.set_index("trial")["status"].astype(object))
    last = ~found.duplicated("trial", keep="last")
    return found.assign(ended=status.where(last, "paused")).sort_values(
        ["begin", "worker"], kind="stable"
    )

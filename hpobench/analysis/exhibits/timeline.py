"""Which worker a run's trials were on, and when: a panel for each of a few runs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.trial_steps import descent, occupancy
from hpobench.analysis.figures import ENDS, Axis, Gantt
from hpobench.analysis.study import SomeRuns, Study
from hpobench.analysis.text import phrases
from hpobench.contract.wording import count

TITLE = "Trial timeline"
STEM = "timeline"
SHOWS = (
    "What each worker did at each time, under each scheduler. A bar is one trial in training; the "
    "mark at its end says what became of it."
)
TAB = "setup"

MOST = 6  # runs of one searcher that are drawn side by side at most
BARS = 120  # more bars of one run side by side cannot be told apart

COLUMNS = ["cell", "worker", "trial", "begin", "end", "first_step", "last_step", "ended"]
COLUMNS += ["parent", "parent_step", "parent_worker", "parent_clock"]

LINKS = 40  # with more clones than this their links hide the bars


def subjects(study: Study) -> list[SomeRuns]:
    """The runs of one searcher under each scheduler, :data:`MOST` at most, with the same seed on
    the first problem that has several steps; none where there is no such problem.

    Of searchers and seeds it is the first with runs, not failed, under the most schedulers.
    """
    cells = study.results.cells
    done = cells[(cells["status"] == "done") & (cells["results"] > 0)]
    for problem in study.problems.values():
        own = done[done["problem"] == problem.name]
        if problem.row["steps"] > 1 and len(own):
            break
    else:
        return []
    sizes = own.groupby(["searcher", "seed"], sort=False)["cell"].transform("size")
    first = own.iloc[int(sizes.to_numpy().argmax())]
    beside = (own["searcher"] == first["searcher"]) & (own["seed"] == first["seed"])
    return [SomeRuns(own[beside].head(MOST), problem.row)]


def table(study: Study, runs: SomeRuns) -> pd.DataFrame:
    """The bars of the runs: a row for each stretch of steps that a trial spent on one worker
    without a break.

    Columns as :data:`COLUMNS`, by cell, then ``begin``; times as those of
    :func:`hpobench.analysis.core.trial_steps.occupancy`. ``ended``: ``paused`` where the trial went
    on later, else as it stood at the end of the run: completed, stopped, paused, cut (by the end of
    the budget) or failed. On a clone's bar ``parent`` and ``parent_step`` are the state it went
    on from, and ``parent_worker`` and ``parent_clock`` where and when the donor had reached it.
    """
    results = study.results
    frames = [pd.DataFrame(columns=COLUMNS)]
    for cell in runs.cells["cell"]:
        events, trials = (x[x["cell"] == cell] for x in (results.events, results.trials))
        if len(events):
            frames.append(_bars(events.reset_index(drop=True), trials).assign(cell=cell)[COLUMNS])
    return pd.concat(frames[1:] or frames, ignore_index=True)


def shown_until(table: pd.DataFrame) -> float:
    """The moment up to which the bars of :func:`table` can be told apart: no run has begun
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
    found = bars[["worker", "begin", "step", "parent", "parent_step"]].first()
    found = found.rename(columns={"step": "first_step"})
    found = found.astype({"parent": "Int64", "parent_step": "Int64"})
    found = found.assign(end=bars["end"].last(), last_step=bars["step"].last())
    first = np.flatnonzero(~follows)
    donor = np.where(events["parent"].notna(), before, -1)[first]
    found["parent_worker"] = events["worker"].astype("Int64").reindex(donor).array
    found["parent_clock"] = events["end"].reindex(donor).array
    found = found.reset_index().drop(columns="number")
    status = found["trial"].map(trials.set_index("trial")["status"].astype(object))
    last = ~found.duplicated("trial", keep="last")  # a trial went on after all others
    return found.assign(ended=status.where(last, "paused")).sort_values(
        ["begin", "worker"], kind="stable"
    )


def caption(_: Study, runs: SomeRuns, table: pd.DataFrame) -> str:
    cells, problem, part, left_out = runs.cells, runs.problem, "", ""
    cell, until = cells.iloc[0], shown_until(table)
    if np.isfinite(until):
        few = f"no run begins more than {BARS} bars"
        part = f" The axis covers the first {until:.3g} s, in which {few}."
    shown = table[table["begin"] < until]
    if shown.groupby("cell")["parent_worker"].count().max() > LINKS:
        left_out = f" Runs with more than {LINKS} clones have no such lines."
    return (
        f"The runs are those of {cell['searcher']} under {count(len(cells), 'scheduler')} on "
        f"{problem['problem']}, all with seed {cell['seed']}; at most {MOST} are shown. A bar is a "
        "stretch of steps of one trial on one worker without a break, and its colour is the step "
        "that the trial had reached by its end. A bar without a mark was cut off by the end of the "
        "budget. A dashed line leads to a clone from the state of its donor."
        f"{left_out} A worker without a bar is idle, or at a step that left no result.{part}"
    )


def alt(runs: SomeRuns, _: pd.DataFrame) -> str:
    schedulers = ", ".join(runs.cells["scheduler"])
    return f"Bars of trials on workers, under {schedulers}. The numbers are in the CSV file."


def figure(_: Study, runs: SomeRuns, table: pd.DataFrame) -> Gantt:
    steps, until = int(runs.problem["steps"]), min(shown_until(table), float(table["end"].max()))
    cells = runs.cells[runs.cells["cell"].isin(table["cell"])]
    parts = zip(cells["cell"], cells["scheduler"], cells["workers"], strict=True)
    ended = set(table.loc[table["begin"] < until, "ended"])
    return Gantt(
        runs=tuple((cell, scheduler, int(workers)) for cell, scheduler, workers in parts),
        x=Axis("Seconds of the run's clock", 0.0, until),
        label=f"{phrases.step_label(runs.problem)} reached",
        steps=steps,
        ladder=tuple(sorted({round(steps / 2**i) for i in range(20)} - {0})),
        ends=tuple(one for one in ENDS if one in ended),
        links=LINKS,
    )

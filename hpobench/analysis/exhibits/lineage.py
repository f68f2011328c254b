"""Which trial went on from whose state, in a run whose scheduler clones trials.

Population-based training replaces a poor trial's state by a better one's and changes the
configuration. A trial then consists of *stretches*, each trained without such a break, and its
best result may descend from stretches of other trials.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.trial_steps import descent
from hpobench.analysis.figures import Axis, Descent, far_apart
from hpobench.analysis.study import SomeRuns, Study
from hpobench.analysis.text import phrases
from hpobench.contract.problem import Objective
from hpobench.contract.wording import count, number

TITLE = "Lineage"
STEM = "lineage"
SHOWS = (
    "Which trial went on from whose state. The blue line is the way to the best result, the star, "
    "with the trial's number wherever it changes."
)
TAB = "problems"

MOST = 6  # runs that are drawn at most


def subjects(study: Study) -> list[SomeRuns]:
    """Of the runs that cloned and did not fail the first one on each problem under each scheduler,
    :data:`MOST` at most."""
    events, cells = study.results.events, study.results.cells
    cloned = set(events.loc[events["parent"].notna(), "cell"])
    found = cells[cells["cell"].isin(cloned) & (cells["status"] == "done")]
    return [
        SomeRuns(
            found[found["cell"] == cell["cell"]],
            study.problems[cell["problem"]].row,
            f"{cell['scheduler']} on {cell['problem']}",
            f"{cell['scheduler']}-{cell['problem']}",
        )
        for _, cell in found.drop_duplicates(["scheduler", "problem"]).head(MOST).iterrows()
    ]


def table(study: Study, run: SomeRuns) -> pd.DataFrame:
    """The :func:`lineage` of the run."""
    events = study.results.events
    objective = Objective(run.problem["metric"], run.problem["direction"])
    return lineage(events[events["cell"] == run.cells["cell"].iloc[0]], objective)


def lineage(events: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """The descent of every result of one run; ``events`` are its rows, in order.

    One row per result: ``stretch`` (0, 1, 2, ... by first results), ``trial, step, clock``, and
    ``value``, the visible loss in the metric's own orientation, NaN where it is not finite. On a
    clone's first result also ``parent, parent_step, parent_stretch, parent_value``: the state it
    went on from. ``ancestor``: the best result (the first of equals) is this one or descends
    from it.
    """
    events = events.reset_index(drop=True)
    stretch, before = descent(events)
    cloned = events["parent"].notna().to_numpy(bool)
    origin = np.where(cloned, before, -1)
    loss = events["loss"].where(np.isfinite(events["loss"])).to_numpy(np.float64)
    value = pd.Series([objective.value(x) for x in loss], dtype=np.float64)
    ancestor = np.zeros(len(loss), dtype=bool)
    row = int(np.nanargmin(loss)) if np.isfinite(loss).any() else -1
    while row >= 0:
        ancestor[row] = True
        row = int(before[row])
    return pd.DataFrame(
        {
            "stretch": stretch,
            **{column: events[column] for column in ("trial", "step", "clock")},
            "value": value,
            "parent": events["parent"].astype("Int64"),
            "parent_step": events["parent_step"].astype("Int64"),
            # An array: a series would be aligned by its rows. -1 is none of them, and so missing.
            "parent_stretch": pd.Series(stretch, dtype="Int64").reindex(origin).array,
            "parent_value": value.reindex(origin).array,
            "ancestor": ancestor,
        }
    )


def caption(_: Study, run: SomeRuns, table: pd.DataFrame) -> str:
    cell, problem = run.cells.iloc[0], run.problem
    trials, clones = table["trial"].nunique(), int(table["parent"].notna().sum())
    return (
        f"The run is that of {cell['searcher']} under {cell['scheduler']} on "
        f"{problem['problem']}, seed {cell['seed']}, with {count(trials, 'trial')}. A line is the "
        f"visible {problem['metric']} of a trial after each step. Where a trial took over "
        f"another's state, {count(clones, 'time')} in all, its line ends at a cross; a dotted line "
        "leads to where it went on, and a dashed one comes from its donor. Shown is the first run "
        f"with clones on each problem under each scheduler, {MOST} such runs at most."
    )


def alt(run: SomeRuns, table: pd.DataFrame) -> str:
    """With the trials along the blue line, for those who cannot see it."""
    drawn = f"Learning curves of the trials of a run of {run.name}."
    line = table[table["ancestor"]]
    if line.empty:
        return f"{drawn} No result is a finite number."
    trials = line.drop_duplicates("stretch")["trial"]
    return (
        f"{drawn} Best: {number(float(line['value'].iloc[-1]))} at step {line['step'].iloc[-1]}, "
        f"by way of trial {', '.join(map(str, trials))}."
    )


def figure(_: Study, run: SomeRuns, table: pd.DataFrame) -> Descent:
    low, high = float(table["value"].min()), float(table["value"].max())
    margin = 0.05 * (high - low) or 0.5
    y = Axis(phrases.metric_label(run.problem), low - margin, high + margin)
    if run.problem["direction"] == "minimize" and far_apart(low, high):
        y = y._replace(low=low / 1.15, high=high * 1.15, scale="log")
    elif np.isnan(low):
        y = y._replace(low=0.0, high=1.0)
    return Descent(
        title=f"{run.name}, seed {run.cells['seed'].iloc[0]}",
        x=Axis(phrases.step_label(run.problem), 0, int(table["step"].max())),
        y=y,
    )

"""F16: which trial went on from whose state, where a scheduler clones trials.

Population-based training replaces a poor trial's state by a better one's and changes the
configuration. A trial then consists of *stretches*, each trained without such a break, and its
best result may descend from stretches of other trials.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from hpobench.analysis.settings import IntArray
from hpobench.contract.problem import Objective
from hpobench.store.reader import Results


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
    return pd.DataFrame(
        {
            "stretch": stretch,
            **{column: events[column] for column in ("trial", "step", "clock")},
            "value": value,
            "parent": events["parent"].astype("Int64"),
            "parent_step": events["parent_step"].astype("Int64"),
            "parent_stretch": pd.Series(stretch, dtype="Int64").reindex(origin).array,
            "parent_value": value.reindex(origin).array,
            "ancestor": _ancestors(loss, before),
        }
    )


def stretches(table: pd.DataFrame) -> pd.DataFrame:
    """One row per stretch of the table of :func:`lineage`.

    Columns ``stretch, trial, parent, parent_step, parent_stretch``; ``first_`` and ``last_`` of
    ``step, clock, value``; ``ancestor``, whether any of its results is one.
    """
    first = table.drop_duplicates("stretch").set_index("stretch")
    last = table.drop_duplicates("stretch", keep="last").set_index("stretch")
    ends = {
        f"{end}_{column}": frame[column]
        for end, frame in (("first", first), ("last", last))
        for column in ("step", "clock", "value")
    }
    found = first[["trial", "parent", "parent_step", "parent_stretch"]].assign(**ends)
    return found.assign(ancestor=table.groupby("stretch")["ancestor"].any()).reset_index()


def shown_cells(results: Results, most: int) -> pd.DataFrame:
    """The runs whose lineage a report shows: of those that cloned and did not fail the first one
    on each problem under each scheduler, ``most`` at most. Rows of ``results.cells``."""
    events, cells = results.events, results.cells
    cloned = set(events.loc[events["parent"].notna(), "cell"])
    found = cells[cells["cell"].isin(cloned) & (cells["status"] == "done")]
    return found.drop_duplicates(["scheduler", "problem"]).head(most)


def lineage_faults(events: pd.DataFrame) -> list[str]:
    """What cannot be true about the lineage in ``events`` (of any number of runs), one line each.

    A clone's parent is a trial of the same run that had reached the parent step by then, and
    the clone goes on with the step after it; any other result is one step further than the
    trial's last.
    """
    return [
        f"{cell}: {fault}"
        for cell, own in events.groupby("cell", observed=True, sort=False)
        for fault in _faults(own)
    ]


def descent(events: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """For each result of a run its stretch, and the row of the result that it went on from, -1
    for none."""
    stretch, before = [], []
    last: dict[int, int] = {}
    reached: dict[tuple[int, int], int] = {}
    count = 0
    columns = (events[c] for c in ("trial", "step", "parent", "parent_step"))
    for row, (trial, step, parent, parent_step) in enumerate(zip(*columns, strict=True)):
        cloned = pd.notna(parent)
        # A trial that was set back reaches a step again; its later state is the one it gives.
        before.append(reached.get((parent, parent_step), -1) if cloned else last.get(trial, -1))
        if cloned or trial not in last:
            stretch.append(count)
            count += 1
        else:
            stretch.append(stretch[last[trial]])
        last[trial] = reached[trial, step] = row
    return np.array(stretch, dtype=np.int64), np.array(before, dtype=np.int64)


def _ancestors(loss: np.ndarray, before: IntArray) -> np.ndarray:
    found = np.zeros(len(loss), dtype=bool)
    row = int(np.argmin(np.where(np.isnan(loss), np.inf, loss))) if np.isfinite(loss).any() else -1
    while row >= 0:
        found[row] = True
        row = int(before[row])
    return found


def _faults(events: pd.DataFrame) -> Iterator[str]:
    last: dict[int, int] = {}
    reached: dict[tuple[int, int], float] = {}
    names = ("trial", "step", "clock", "parent", "parent_step", "config")
    columns = (events[c] for c in names)
    for trial, step, clock, parent, parent_step, config in zip(*columns, strict=True):
        given = [pd.notna(x) for x in (parent, parent_step, config)]
        where = f"trial {trial}, step {step}"
        if any(given) and not all(given):
            yield f"{where}: parent, parent_step and config are not given together"
        elif not any(given) and step != last.get(trial, 0) + 1:
            yield f"{where}: comes after step {last.get(trial, 0)} without a parent"
        elif all(given):
            state = f"trial {parent:g}, step {parent_step:g}"
            if reached.get((parent, parent_step), np.inf) > clock:
                yield f"{where}: goes on from {state}, which had not been reached by then"
            if step != parent_step + 1:
                yield f"{where}: is not the step after its parent's ({state})"
        last[trial] = step
        reached[trial, step] = clock

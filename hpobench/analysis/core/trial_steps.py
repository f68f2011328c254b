"""The steps behind results: which state each went on from, and when it held its worker."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.settings import FloatArray, IntArray


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


def occupancy(events: pd.DataFrame, run: IntArray) -> tuple[FloatArray, FloatArray]:
    """When the step behind each result began and ended, in seconds of its run's clock.

    ``run`` numbers the run of each row of ``events``; the rows of a run are in the order in which
    they happened. No two steps of a worker overlap.

    A step holds its worker for its cost, up to its result: on the virtual stage exactly so. On the
    live stage cost is the training alone, and the clock is read when the result arrives, later by
    its way there (about a millisecond, more while the cell thinks). A worker that trains ahead
    of the scheduler sends several results at once; those of its steps lie end to end, the last of
    them up to the arrival. Steps that left no result are not there: failed ones, those that the
    end of the budget cut off, and those that a decision of the scheduler undid.
    """
    worker = events["worker"].to_numpy(np.int64)
    queue = run * (worker.max(initial=0) + 1) + worker
    cost = events["cost"].to_numpy(np.float64)
    clock = events["clock"].to_numpy(np.float64)
    # Where a worker's first step would have begun, had it worked without a break until then.
    origin = pd.Series(clock - pd.Series(cost).groupby(queue).cumsum().to_numpy())
    latest = origin[::-1].groupby(queue[::-1]).cummin()[::-1]
    end = clock - (origin - latest).to_numpy()
    return end - cost, end

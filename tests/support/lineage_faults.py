"""What cannot be true about which trial went on from whose state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd


def lineage_faults(events: pd.DataFrame) -> list[str]:
    """What cannot be true about the lineage in ``events`` (of any number of runs), one line each.

    A clone's parent is a trial of the same run that had reached the parent step by then, and
    the clone goes on with the step after it; any other result is one step further than the
    trial's last.
    """
    cells = events.groupby("cell", observed=True, sort=False)
    return [f"{cell}: {fault}" for cell, own in cells for fault in _faults(own)]


def _faults(events: pd.DataFrame) -> Iterator[str]:
    last: dict[int, int] = {}
    reached: dict[tuple[int, int], float] = {}
    columns = (events[c] for c in ("trial", "step", "clock", "parent", "parent_step", "config"))
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

"""Which problems can be averaged over: those with reference losses to measure from.

A problem has none when every run on it died before the problem could be built.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.stats.settings import BoolArray
from hpobench.store.reader import Results


def referenced(results: Results) -> Results:
    """The part of ``results`` on problems with finite references, the optimum below the clip."""
    problems = results.problems[_usable(results.problems)].reset_index(drop=True)
    cells = results.cells[results.cells["problem"].isin(problems["problem"])]
    kept = set(cells["cell"])
    return replace(
        results,
        cells=cells.reset_index(drop=True),
        events=_of(results.events, kept),
        trials=_of(results.trials, kept),
        problems=problems,
    )


def unreferenced(results: Results) -> dict[str, int]:
    """The number of runs on each problem that :func:`referenced` leaves out."""
    usable = set(results.problems.loc[_usable(results.problems), "problem"])
    counts = results.cells["problem"].value_counts(sort=False)
    return {str(p): int(n) for p, n in counts.items() if p not in usable}


def _usable(problems: pd.DataFrame) -> BoolArray:
    optimum = problems["optimum"].to_numpy(np.float64)
    clip = problems["clip"].to_numpy(np.float64)
    usable: BoolArray = np.isfinite(optimum) & np.isfinite(clip) & (optimum < clip)
    return usable


def _of(frame: pd.DataFrame, cells: set[str]) -> pd.DataFrame:
    return frame[frame["cell"].isin(cells)].reset_index(drop=True)

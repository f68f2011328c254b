"""Which problems can be averaged over: those with reference losses to measure from.

A problem's own references are frozen. Where nobody knows any, :func:`completed` measures stand-ins
in the results at hand. A problem stays without when every run on it died before the problem could
be built, or when there is nothing to measure.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.analysis.settings import BoolArray
from hpobench.contract.frozen import Reference
from hpobench.store.read.reader import Results

MEASURED = (
    "not frozen but measured in these results, and moves when results are added; optimum: the best "
    "loss at full fidelity; clip: the median of all trials' last losses"
)
"""The ``source`` of references that :func:`completed` fills in."""


def completed(results: Results) -> Results:
    """``results`` with references for problems that come without, as far as they can be measured.

    ``optimum`` is the best loss at full fidelity of any trial, held-out where the problem has it.
    ``clip`` is the median over all trials of the last loss of each, at whatever fidelity. (The
    losses at full fidelity alone would not do: under early stopping only selected trials get
    there, and their median lies far below that of a random configuration.) Failed runs' trials
    count too, losses that are not finite never. Without a loss at full fidelity, or where the
    optimum is not below the clip, the problem stays as it is.
    """
    problems = results.problems.copy()
    for i, problem in problems[problems["optimum"].isna() & problems["clip"].isna()].iterrows():
        if found := _measured(results, problem):
            for column in ("optimum", "clip", "source", "known"):
                problems.loc[i, column] = getattr(found, column)
    return replace(results, problems=problems)


def measured(results: Results) -> list[str]:
    """The problems whose references :func:`completed` has filled in."""
    problems = results.problems
    return [str(p) for p in problems.loc[problems["source"] == MEASURED, "problem"]]


def referenced(results: Results) -> Results:
    """The part of ``results`` on problems with finite references, the optimum below the clip."""
    usable = set(results.problems.loc[_usable(results.problems), "problem"])
    return results.select(results.cells["problem"].isin(usable))


def unreferenced(results: Results) -> dict[str, int]:
    """The number of runs on each problem that :func:`referenced` leaves out."""
    usable = set(results.problems.loc[_usable(results.problems), "problem"])
    counts = results.cells["problem"].value_counts(sort=False)
    return {str(p): int(n) for p, n in counts.items() if p not in usable}


def _measured(results: Results, problem: pd.Series) -> Reference | None:
    cells = results.cells.loc[results.cells["problem"] == problem["problem"], "cell"]
    events = results.events[results.events["cell"].isin(set(cells))]
    reported = events["heldout" if problem["heldout"] else "loss"].astype(np.float64)
    finite = np.isfinite(events["loss"]) & np.isfinite(reported)
    events, reported = events[finite], reported[finite]
    optimum = float(reported[events["step"] >= problem["steps"]].min())
    clip = float(reported.groupby([events["cell"], events["trial"]], observed=True).last().median())
    return Reference(optimum, clip, MEASURED, known=False) if optimum < clip else None


def _usable(problems: pd.DataFrame) -> BoolArray:
    optimum = problems["optimum"].to_numpy(np.float64)
    clip = problems["clip"].to_numpy(np.float64)
    usable: BoolArray = np.isfinite(optimum) & np.isfinite(clip) & (optimum < clip)
    return usable

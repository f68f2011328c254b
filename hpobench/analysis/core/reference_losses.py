"""Results made fit for averages: numbers within bounds, and reference losses to measure from.

A problem's own references are frozen. Where nobody knows any, :func:`completed` measures stand-ins
in the results at hand. A problem stays without when every run on it died before the problem could
be built, or when there is nothing to measure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hpobench.contract.losses import LEAST_COST, MOST_COST
from hpobench.store.read.reader import Results

MOST = 1e150
"""A finite loss beyond it counts as this in a report, whose squares are finite; the store keeps it
as it was. Nobody tells 1e150 and 1e300 apart in a figure."""

_LOSSES = {"events": ("loss", "heldout"), "problems": ("optimum", "clip")}
_TIMES = {
    "events": ("clock", "cost"),
    "trials": ("start", "end", "suggest_s", "observe_s"),
    "cells": ("clock", "evaluation_s", "suggest_s", "observe_s", "harness_s"),
}


def bounded(results: Results) -> Results:
    """``results`` with losses cut at :data:`MOST`, and times above 0 at what a step may cost.

    Losses that are not finite stay so. Cells of today have no such times; those that an older
    hpobench stored have. Results without any such number are returned as they are.
    """
    frames: dict[str, Any] = {}
    for of_frame, least, most in ((_LOSSES, -MOST, MOST), (_TIMES, LEAST_COST, MOST_COST)):
        for of, columns in of_frame.items():
            frame = frames.get(of, getattr(results, of))
            for name in frame.columns.intersection(list(columns)):
                values = frame[name].to_numpy(np.float64, na_value=np.nan)
                cut = np.isfinite(values) if of_frame is _LOSSES else values > 0
                within = np.where(cut, np.clip(values, least, most), values)
                if not np.array_equal(values, within, equal_nan=True):
                    frames[of] = frame = frame.assign(**{name: within})
    return replace(results, **frames) if frames else results


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
        cells = results.cells.loc[results.cells["problem"] == problem["problem"], "cell"]
        events = results.events[results.events["cell"].isin(set(cells))]
        reported = events["heldout" if problem["heldout"] else "loss"].astype(np.float64)
        finite = np.isfinite(events["loss"]) & np.isfinite(reported)
        events, reported = events[finite], reported[finite]
        last = reported.groupby([events["cell"], events["trial"]], observed=True).last()
        optimum = float(reported[events["step"] >= problem["steps"]].min())
        clip = float(last.median())
        if optimum < clip:
            problems.loc[i, ["optimum", "clip", "source", "known"]] = optimum, clip, MEASURED, False
    return replace(results, problems=problems)


def measured(results: Results) -> list[str]:
    """The problems whose references :func:`completed` has filled in."""
    problems = results.problems
    return [str(p) for p in problems.loc[problems["source"] == MEASURED, "problem"]]


def referenced(results: Results) -> Results:
    """The part of ``results`` on problems with finite references, the optimum below the clip."""
    return results.select(results.cells["problem"].isin(_usable(results.problems)))


def unreferenced(results: Results) -> dict[str, int]:
    """The number of runs on each problem that :func:`referenced` leaves out."""
    usable = _usable(results.problems)
    counts = results.cells["problem"].value_counts(sort=False)
    return {str(p): int(n) for p, n in counts.items() if p not in usable}


def _usable(problems: pd.DataFrame) -> set[str]:
    optimum, clip = (problems[name].to_numpy(np.float64) for name in ("optimum", "clip"))
    usable = np.isfinite(optimum) & np.isfinite(clip) & (optimum < clip)
    return set(problems.loc[usable, "problem"])

"""Losses and times within what sums, squares and ratios of them can hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.settings import FloatArray
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
    frames: dict[str, Any] = {
        name: _changed(getattr(results, name), _LOSSES.get(name, ()), _TIMES.get(name, ()))
        for name in ("cells", "events", "trials", "problems")
    }
    found = {name: frame for name, frame in frames.items() if frame is not None}
    return replace(results, **found) if found else results


def _changed(
    frame: pd.DataFrame, losses: tuple[str, ...], times: tuple[str, ...]
) -> pd.DataFrame | None:
    """``frame`` with columns cut; ``None`` if nothing is beyond."""
    cut: dict[str, FloatArray] = {}
    for names, change in ((losses, _loss), (times, _time)):
        for name in names:
            if name in frame:
                values = frame[name].to_numpy(np.float64, na_value=np.nan)
                within = change(values)
                if not np.array_equal(values, within, equal_nan=True):
                    cut[name] = within
    return frame.assign(**cut) if cut else None


def _loss(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), np.clip(values, -MOST, MOST), values)


def _time(values: FloatArray) -> FloatArray:
    """Zero and what is missing stay so."""
    return np.where(values > 0, np.clip(values, LEAST_COST, MOST_COST), values)

"""Reading step functions at given times. Never interpolates: a line between two results would
show the later one before it existed."""

from __future__ import annotations

import numpy as np

from hpobench.analysis.core.incumbent import Incumbents
from hpobench.analysis.settings import FloatArray


def look_up(at: FloatArray, values: FloatArray, grid: FloatArray, before: float) -> FloatArray:
    """The step function's value at each point of ``grid``: that of the last step at or before
    it, ``before`` ahead of the first. ``at`` must not decrease."""
    padded = np.concatenate([[before], values])
    return padded[np.searchsorted(at, grid, side="right")]


def align(incumbents: Incumbents, grids: FloatArray, before: FloatArray) -> FloatArray:
    """All runs on their grids.

    ``grids`` and the result have shape (runs, times); ``before`` has shape (runs,). After its
    last result a run stays at its final incumbent.
    """
    rows = [
        look_up(*incumbents.steps(run), grid, float(before[run])) for run, grid in enumerate(grids)
    ]
    return np.array(rows).reshape(grids.shape)


def log_grid(first: float, points: int) -> FloatArray:
    """Log-spaced shares of the budget from ``first`` to 1, both included."""
    return np.geomspace(first, 1.0, points)

"""All runs at one place of the axis, read off the incumbents' step functions themselves: a grid
has its points elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpobench.analysis.core.align import look_up
from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.hits import Runs


def snapshot(runs: Runs, curves: Curves, at: float) -> Curves:
    """The runs of ``curves`` at ``at`` on their axis, which is then all of the budget there is.

    As on the grid, the clip stands in before a run's first result, and a run that has ended stays
    at its final incumbent.
    """
    loss = np.full((*curves.present.shape, 1), np.nan)
    for a, p, s in np.argwhere(curves.present):
        steps = runs.incumbents.steps(runs.of(curves, a, p, s))
        loss[a, p, s] = look_up(*steps, np.array([at]), float(curves.clip[p]))
    horizon = np.full(len(curves.problems), at)
    return replace(curves, share=np.ones(1), horizon=horizon, loss=loss)

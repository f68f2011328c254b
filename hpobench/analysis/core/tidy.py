"""Runs and running times as tidy frames, for those who go on with them on their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.normalise import normalised, regrets
from hpobench.analysis.inference.ert import ert
from hpobench.analysis.settings import FloatArray


def run_curves(curves: Curves) -> pd.DataFrame:
    """Every run at every point of the grid, in the order of the curves' axes.

    Columns ``algorithm, searcher, scheduler, problem, seed, failed, at, share, loss, regret, nr``;
    ``at`` is on the settings' axis, ``share`` the same as a share of the problem's longest run.
    ``regret`` is floored at 1e-8. Failed runs are at the clip value throughout.
    """
    a, p, s = np.nonzero(curves.present)
    times = len(curves.share)
    frame = algorithm_columns(curves.algorithms).iloc[np.repeat(a, times)].reset_index(drop=True)
    return frame.assign(
        problem=np.repeat(np.array(curves.problems, dtype=object)[p], times),
        seed=np.repeat(np.array(curves.seeds)[s], times),
        failed=np.repeat(curves.failed[a, p, s], times),
        at=(curves.horizon[p][:, None] * curves.share).ravel(),
        share=np.tile(curves.share, len(a)),
        loss=curves.loss[a, p, s].ravel(),
        regret=regrets(curves)[a, p, s].ravel(),
        nr=normalised(curves)[a, p, s].ravel(),
    )


def running_times(curves: Curves, runs: Runs, targets: FloatArray) -> pd.DataFrame:
    """The expected running time of every algorithm to each target of each problem.

    ``targets``: losses, shape (problems, targets), NaN where a problem has fewer. Columns
    ``algorithm, searcher, scheduler, problem, target, regret, ert, hits, runs``: ``regret`` is the
    target's, ``ert`` on the settings' axis and infinite without a hit.
    """
    hits = hitting_times(runs, curves, targets)
    times = ert(hits)
    a, p, t = np.nonzero(~np.isnan(times))
    frame = algorithm_columns(curves.algorithms).iloc[a].reset_index(drop=True)
    return frame.assign(
        problem=np.array(curves.problems, dtype=object)[p],
        target=targets[p, t],
        regret=(targets - curves.optimum[:, None])[p, t],
        ert=times[a, p, t],
        hits=np.isfinite(hits.at).sum(axis=2)[a, p, t],
        runs=curves.present.sum(axis=2)[a, p],
    )

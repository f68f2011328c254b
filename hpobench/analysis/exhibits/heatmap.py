"""F14: final normalised regret of every algorithm on every problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import seed_means


def heatmap(curves: Curves) -> pd.DataFrame:
    """Mean final ``nr`` over seeds.

    Columns ``problem, algorithm, searcher, scheduler, nr, seeds, failures, best``, one row per
    pair; ``nr`` is NaN where the algorithm was not run. ``best``: no algorithm is lower.
    """
    nr = seed_means(normalised(curves)[..., -1:])[..., 0]
    problems, algorithms = len(curves.problems), len(curves.algorithms)
    frame = pd.concat([algorithm_columns(curves.algorithms)] * problems, ignore_index=True)
    frame.insert(0, "problem", np.repeat(np.array(curves.problems, dtype=object), algorithms))
    lowest = np.min(nr, axis=0, initial=np.inf, where=np.isfinite(nr))
    return frame.assign(
        nr=nr.T.ravel(),
        seeds=curves.present.sum(axis=2).T.ravel(),
        failures=curves.failed.sum(axis=2).T.ravel(),
        best=(nr == lowest).T.ravel(),
    )

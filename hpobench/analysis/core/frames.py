"""Arrays as tidy frames, one row per algorithm and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Algorithm, Curves
from hpobench.analysis.inference.bootstrap import Interval
from hpobench.analysis.settings import FloatArray


def algorithm_columns(algorithms: tuple[Algorithm, ...]) -> pd.DataFrame:
    """Columns ``algorithm``, ``searcher`` and ``scheduler``, one row each."""
    return pd.DataFrame(list(algorithms), columns=["algorithm", "searcher", "scheduler"])


def curve_frame(curves: Curves, x: FloatArray, interval: Interval) -> pd.DataFrame:
    """Columns ``algorithm, searcher, scheduler, at, estimate, low, high``.

    ``x`` has shape (times,), the interval's parts (algorithms, times).
    """
    rows = np.repeat(np.arange(len(curves.algorithms)), len(x))
    frame = algorithm_columns(curves.algorithms).iloc[rows].reset_index(drop=True)
    return frame.assign(
        at=np.tile(x, len(curves.algorithms)),
        estimate=interval.estimate.ravel(),
        low=interval.low.ravel(),
        high=interval.high.ravel(),
    )

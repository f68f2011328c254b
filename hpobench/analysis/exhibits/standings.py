"""Who leads at the end of the budget, and how sure that is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import (
    interval_valid,
    percentile_interval,
    suite_draws,
    suite_iqm,
    suite_mean,
)
from hpobench.analysis.inference.coverage import enough_seeds
from hpobench.analysis.inference.ranks import suite_ranks
from hpobench.analysis.settings import Settings


def standings(curves: Curves, settings: Settings) -> pd.DataFrame:
    """One row per algorithm, the lowest mean ``nr`` first.

    Columns ``algorithm, searcher, scheduler``; ``nr``, ``iqm``, ``rank`` and ``behind``, each with
    ``_low`` and ``_high``; ``clear``, ``runs`` and ``failures``. ``behind`` is the difference of
    mean ``nr`` to the first row, from the same resamples, so that what all algorithms share
    cancels; it is ``clear`` where its interval excludes zero and seeds are enough to say so.
    """
    nr = normalised(curves)[..., -1:]
    mean = suite_mean(nr, curves.problems, settings)
    leader = int(np.argmin(mean.estimate[:, 0]))
    draws = suite_draws(nr, curves.problems, settings)
    valid = interval_valid(nr)[:, None]
    behind = percentile_interval(
        mean.estimate - mean.estimate[leader],
        draws - draws[:, leader : leader + 1],
        settings.level,
        valid & valid[leader],
    )
    ranks = suite_ranks(nr, curves.problems, settings)
    columns: dict[str, np.ndarray] = {}
    for name, interval in (
        ("nr", mean),
        ("iqm", suite_iqm(nr[..., 0], curves.problems, settings)),
        ("rank", ranks),
        ("behind", behind),
    ):
        columns[name] = interval.estimate.ravel()
        columns[f"{name}_low"] = interval.low.ravel()
        columns[f"{name}_high"] = interval.high.ravel()
    frame = algorithm_columns(curves.algorithms).assign(
        **columns,
        clear=(columns["behind_low"] > 0) & enough_seeds(curves.present.sum(axis=2), settings),
        runs=curves.present.sum(axis=(1, 2)),
        failures=curves.failed.sum(axis=(1, 2)),
    )
    return frame.sort_values("nr", kind="stable", ignore_index=True)

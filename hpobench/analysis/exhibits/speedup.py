"""T2: how much sooner than random search targets are hit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.hits import Runs, hitting_times
from hpobench.analysis.core.targets import tolerance_targets
from hpobench.analysis.inference.ert import spending
from hpobench.analysis.inference.ert_ratio import ert_ratios
from hpobench.analysis.settings import SCHEDULER, SEARCHER, Settings

TOLERANCES = (0.1, 0.01)
"""The targets, as ``nr``."""
COLUMNS = ["tolerance", "problem", "algorithm", "searcher", "scheduler", "ert", "random_ert"]
COLUMNS += ["hits", "random_hits", "speedup", "low", "high", "bound"]


def speedup(curves: Curves, runs: Runs, settings: Settings) -> pd.DataFrame:
    """``ERT_random / ERT_a`` for each of :data:`TOLERANCES`, with its interval.

    ``curves`` must be a fair comparison; without random search in it there are no rows. Columns
    as :data:`COLUMNS`; ``hits`` are runs. Rows, means and bounds as
    :func:`hpobench.analysis.inference.ert_ratio.ert_ratios` has them. Where neither hits neither is faster: 1,
    ``none``.
    """
    pairs = [(a.searcher, a.scheduler) for a in curves.algorithms]
    if (SEARCHER, SCHEDULER) not in pairs:
        return pd.DataFrame(columns=COLUMNS)
    hits = hitting_times(runs, curves, tolerance_targets(curves, TOLERANCES))
    spent, hit = spending(hits)
    frames = []
    for t, tolerance in enumerate(TOLERANCES):
        frame = ert_ratios(
            curves.algorithms,
            curves.problems,
            spent[..., t],
            hit[..., t],
            baseline=np.full(len(pairs), pairs.index((SEARCHER, SCHEDULER))),
            horizon=curves.horizon,
            undecided=0.0,
            settings=settings,
        )
        frames.append(frame.assign(tolerance=tolerance))
    names = {"base_ert": "random_ert", "base_hits": "random_hits", "ratio": "speedup"}
    found = pd.concat(frames, ignore_index=True).rename(columns=names)
    return found.astype({"hits": np.int64, "random_hits": np.int64})[COLUMNS]

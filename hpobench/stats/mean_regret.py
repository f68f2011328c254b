"""F2: normalised regret over time, averaged over problems."""

from __future__ import annotations

import pandas as pd

from hpobench.stats.bootstrap import suite_mean
from hpobench.stats.curves import Curves
from hpobench.stats.frames import curve_frame
from hpobench.stats.normalise import normalised
from hpobench.stats.settings import Settings


def mean_regret(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Mean ``nr`` over seeds, then problems, with its interval, at each share of the budget.

    ``curves`` must be a fair comparison; columns as
    :func:`hpobench.stats.frames.curve_frame`.
    """
    return curve_frame(
        curves, curves.share, suite_mean(normalised(curves), curves.problems, settings)
    )

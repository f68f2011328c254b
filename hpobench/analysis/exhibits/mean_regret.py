"""F2: normalised regret over time, averaged over problems."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import curve_frame
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import Settings


def mean_regret(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Mean ``nr`` over seeds, then problems, with its interval, at each share of the budget.

    ``curves`` must be a fair comparison; columns as
    :func:`hpobench.analysis.core.frames.curve_frame`.
    """
    return curve_frame(
        curves, curves.share, suite_mean(normalised(curves), curves.problems, settings)
    )

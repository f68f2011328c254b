"""F3: average rank over time."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import curve_frame
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.ranks import suite_ranks
from hpobench.analysis.settings import Settings


def rank(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Average rank over problems of the seeds' mean ``nr``, with its interval, at each share of
    the budget.

    ``curves`` must be a fair comparison; columns as
    :func:`hpobench.analysis.core.frames.curve_frame`.
    """
    return curve_frame(
        curves, curves.share, suite_ranks(normalised(curves), curves.problems, settings)
    )

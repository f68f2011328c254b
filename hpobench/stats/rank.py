"""F3: average rank over time."""

from __future__ import annotations

import pandas as pd

from hpobench.stats.curves import Curves
from hpobench.stats.frames import curve_frame
from hpobench.stats.normalise import normalised
from hpobench.stats.ranks import suite_ranks
from hpobench.stats.settings import Settings


def rank(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Average rank over problems of the seeds' mean ``nr``, with its interval, at each share of
    the budget.

    ``curves`` must be a fair comparison; columns as
    :func:`hpobench.stats.frames.curve_frame`.
    """
    return curve_frame(
        curves, curves.share, suite_ranks(normalised(curves), curves.problems, settings)
    )

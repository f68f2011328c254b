"""F1: simple regret over time on one problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.stats.bootstrap import suite_mean
from hpobench.stats.curves import Curves
from hpobench.stats.frames import curve_frame
from hpobench.stats.normalise import regrets
from hpobench.stats.settings import Settings


def anytime_regret(curves: Curves, problem: str, settings: Settings) -> pd.DataFrame:
    """Mean simple regret over seeds with its interval, at each time of the problem's own axis.

    Columns as :func:`hpobench.stats.frames.curve_frame`; algorithms without a run on the problem
    have no rows.
    """
    i = curves.problems.index(problem)
    here = np.arange(len(curves.problems)) == i
    part = curves.select(curves.complete[:, i], here)
    interval = suite_mean(regrets(part), part.problems, settings)
    return curve_frame(part, part.share * part.horizon[0], interval)

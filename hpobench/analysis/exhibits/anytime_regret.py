"""F1: simple regret over time on one problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import curve_frame
from hpobench.analysis.core.normalise import regrets
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import Settings


def anytime_regret(curves: Curves, problem: str, settings: Settings) -> pd.DataFrame:
    """Mean simple regret over seeds with its interval, at each time of the problem's own axis.

    Columns as :func:`hpobench.analysis.core.frames.curve_frame`; algorithms without a run on the problem
    have no rows.
    """
    i = curves.problems.index(problem)
    here = np.arange(len(curves.problems)) == i
    part = curves.select(curves.complete[:, i], here)
    interval = suite_mean(regrets(part), part.problems, settings)
    return curve_frame(part, part.share * part.horizon[0], interval)

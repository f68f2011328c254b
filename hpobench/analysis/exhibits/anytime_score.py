"""T3: one number for a whole curve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import Interval, suite_mean
from hpobench.analysis.settings import FloatArray, Settings


def anytime_score(curves: Curves, settings: Settings) -> pd.DataFrame:
    """The area under ``nr`` over log time, from the grid's first share of the budget to all of it.

    Divided by the length of that stretch, so that it is the mean ``nr`` over log time: 0 is the
    optimum from the start, 1 never better than a random configuration. Under the curve as drawn,
    a step at each point of the grid, which exceeds the area under the exact one by at most the
    drop of ``nr`` over the number of steps.

    ``curves`` must be a fair comparison. Columns ``problem, algorithm, searcher, scheduler,
    estimate, low, high``; rows whose ``problem`` is missing, the first, are means over problems.
    """
    area = areas(curves)[..., None]
    frames = [_rows(curves, None, suite_mean(area, curves.problems, settings))]
    for p, problem in enumerate(curves.problems):
        frames.append(_rows(curves, problem, suite_mean(area[:, [p]], (problem,), settings)))
    return pd.concat(frames, ignore_index=True)


def areas(curves: Curves) -> FloatArray:
    """The score of every run; shape (algorithms, problems, seeds)."""
    # Points are evenly spaced in log time; what is read at the last one has no width.
    mean: FloatArray = normalised(curves)[..., :-1].mean(axis=-1)
    return mean


def _rows(curves: Curves, problem: str | None, score: Interval) -> pd.DataFrame:
    frame = algorithm_columns(curves.algorithms)
    labels = np.full(len(frame), problem, dtype=object)
    frame.insert(0, "problem", labels)
    return frame.assign(**{k: v[:, 0] for k, v in score._asdict().items()})

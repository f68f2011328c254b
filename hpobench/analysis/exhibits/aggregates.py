"""F7: final scores of all runs as one number, in four ways.

Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, NeurIPS 2021.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import (
    Interval,
    interval_valid,
    percentile_interval,
    resampled_means,
    seed_means,
    suite_iqm,
    suite_mean,
)
from hpobench.analysis.settings import FloatArray, Settings

GAMMA = 0.99
"""The score, ``1 - nr``, that is good enough for the optimality gap: with 1, the best there is,
the gap would be the mean."""


def aggregates(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Aggregates of final ``nr``, lower is better, with stratified bootstrap intervals.

    Columns ``aggregate, algorithm, searcher, scheduler, estimate, low, high``; algorithms come in
    the order of their IQM, the best first. ``IQM``: interquartile mean over all runs. ``mean``:
    over problems, of means over seeds. ``median``: likewise. ``optimality gap``:
    ``gamma - E[min(score, gamma)]`` with score ``1 - nr`` and gamma :data:`GAMMA`: what runs lack
    to a score that is good enough; better ones earn nothing.

    ``curves`` must be a fair comparison. For the IQM and the median problems are fixed, also
    under ``resample_problems``.
    """
    nr = normalised(curves)[..., -1:]
    lacking = np.maximum(nr - (1 - GAMMA), 0.0)
    found = {
        "IQM": suite_iqm(nr[..., 0], curves.problems, settings),
        "mean": suite_mean(nr, curves.problems, settings),
        "median": _suite_median(nr, curves.problems, settings),
        "optimality gap": suite_mean(lacking, curves.problems, settings),
    }
    order = np.argsort(found["IQM"].estimate, kind="stable")
    frames = []
    for name, interval in found.items():
        estimate, low, high = (part.ravel() for part in interval)
        frame = algorithm_columns(curves.algorithms).assign(estimate=estimate, low=low, high=high)
        frame.insert(0, "aggregate", name)
        frames.append(frame.iloc[order])
    return pd.concat(frames, ignore_index=True)


def _suite_median(values: FloatArray, problems: tuple[str, ...], settings: Settings) -> Interval:
    """Median over problems of the means over seeds; shapes as :func:`suite_mean`."""
    draws = [resampled_means(values[:, p], name, settings) for p, name in enumerate(problems)]
    return percentile_interval(
        np.median(seed_means(values), axis=1),
        np.median(np.stack(draws), axis=0),
        settings.level,
        interval_valid(values)[:, None],
    )

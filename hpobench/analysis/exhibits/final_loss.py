"""T1: the final loss of every algorithm on every problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.frames import algorithm_columns
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.inference.significance import ALPHA, p_against_best
from hpobench.analysis.settings import Settings


def final_loss(curves: Curves, problems: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Mean final loss over seeds, in the metric's own orientation.

    Columns ``problem, metric, algorithm, searcher, scheduler, mean, low, high, seeds, failures,
    best, not_worse, p``. ``best``: no mean is better. ``not_worse``: the test against the best,
    paired by seed and adjusted by Holm within the problem, does not reject at 5 %. Algorithms
    without a run on the problem have no row.
    """
    metrics = zip(problems["metric"], problems["direction"], strict=True)
    metric_of: dict[str, tuple[str, str]] = dict(zip(problems["problem"], metrics, strict=True))
    frames = []
    for i, problem in enumerate(curves.problems):
        part = curves.select(curves.complete[:, i], np.arange(len(curves.problems)) == i)
        frames.append(_one_problem(part, *metric_of[problem], settings))
    return pd.concat(frames, ignore_index=True)


def _one_problem(part: Curves, metric: str, direction: str, settings: Settings) -> pd.DataFrame:
    scores = part.loss[:, 0, :, -1]
    mean, low, high = (x[:, 0] for x in suite_mean(part.loss[..., -1:], part.problems, settings))
    frame = algorithm_columns(part.algorithms)
    known = np.isfinite(mean)
    best = known & (mean == np.min(mean, initial=np.inf, where=known))
    p = p_against_best(scores, int(np.argmax(best))) if best.any() else np.full(len(mean), np.nan)
    if direction == "maximize":
        mean, low, high = -mean, -high, -low
    frame.insert(0, "problem", part.problems[0])
    frame.insert(1, "metric", metric)
    return frame.assign(
        mean=mean,
        low=low,
        high=high,
        seeds=part.present[:, 0].sum(axis=1),
        failures=part.failed[:, 0].sum(axis=1),
        best=best,
        not_worse=best | (p >= ALPHA),
        p=p,
    )

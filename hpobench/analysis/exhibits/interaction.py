"""F15: what each scheduler does to each searcher."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.settings import SCHEDULER, FloatArray, Settings

COLUMNS = ["searcher", "scheduler", "estimate", "low", "high", "clear", "problems", "pairs"]


def interaction(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Final ``nr`` of every searcher under a scheduler less that under the baseline,
    :data:`~hpobench.analysis.settings.SCHEDULER`; below 0 the scheduler helps.

    Columns ``searcher, scheduler, estimate, low, high, clear, problems, pairs``. Runs of the same
    problem and seed are paired: ``estimate`` is the mean over ``problems`` of the mean difference
    over seeds, of ``pairs`` runs each in all, and its interval keeps the pairing. ``clear``: the
    interval excludes 0. A scheduler may have skipped problems (those of a single step, say);
    each row is about the problems of its own pairs. Without a pair there is no row: none at all
    without the baseline, or with nothing else.
    """
    final = normalised(curves)[..., -1:]
    baseline = {
        a.searcher: nr
        for a, nr in zip(curves.algorithms, final, strict=True)
        if a.scheduler == SCHEDULER
    }
    rows = []
    for algorithm, nr in zip(curves.algorithms, final, strict=True):
        if algorithm.scheduler == SCHEDULER or algorithm.searcher not in baseline:
            continue
        difference = nr - baseline[algorithm.searcher]
        if not np.isnan(difference).all():
            effect = _effect(difference, curves.problems, settings)
            rows.append((algorithm.searcher, algorithm.scheduler, *effect))
    return pd.DataFrame(rows, columns=COLUMNS)


def _effect(
    difference: FloatArray, problems: tuple[str, ...], settings: Settings
) -> tuple[float, float, float, bool, int, int]:
    """Mean, interval and the rest of a row; ``difference`` has shape (problems, seeds, 1), NaN
    where a run has no partner."""
    pairs = np.count_nonzero(~np.isnan(difference[..., 0]), axis=1)
    shared = pairs > 0
    names = tuple(p for p, keep in zip(problems, shared, strict=True) if keep)
    found = suite_mean(difference[None, shared], names, settings)
    estimate, low, high = (float(part.item()) for part in found)
    return estimate, low, high, low > 0 or high < 0, len(names), int(pairs.sum())

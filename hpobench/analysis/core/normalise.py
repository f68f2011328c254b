"""Losses made comparable across problems, with frozen references wherever there are any.

All functions take losses whose problem axis broadcasts with the references, for instance shape
(algorithms, problems, seeds, times) with references of shape (problems, 1, 1).
"""

from __future__ import annotations

import numpy as np

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.settings import REGRET_FLOOR, FloatArray


def normalised_regret(loss: FloatArray, optimum: FloatArray, clip: FloatArray) -> FloatArray:
    """``nr = clip((loss - optimum) / (clip - optimum), 0, 1)``: 0 at the optimum, 1 at the median
    loss of a random configuration."""
    # Cut first as well: a loss far beyond the clip would overflow.
    return np.clip((np.clip(loss, optimum, clip) - optimum) / (clip - optimum), 0.0, 1.0)


def simple_regret(loss: FloatArray, optimum: FloatArray) -> FloatArray:
    """``loss - optimum``, floored at 1e-8 for log axes."""
    return np.maximum(loss - optimum, REGRET_FLOOR)


def normalised(curves: Curves) -> FloatArray:
    """``nr`` of all runs; shape (algorithms, problems, seeds, times)."""
    return normalised_regret(curves.loss, curves.optimum[:, None, None], curves.clip[:, None, None])


def regrets(curves: Curves) -> FloatArray:
    """Simple regret of all runs; shape (algorithms, problems, seeds, times)."""
    return simple_regret(curves.loss, curves.optimum[:, None, None])


def below_optimum(curves: Curves) -> dict[str, int]:
    """For each problem where some run ended below the reference optimum: how many runs did.

    Rounding is no reason: only what lies more than 1e-9 of the references' distance below it.
    """
    margin = 1e-9 * (curves.clip - curves.optimum)[:, None]
    lower = curves.loss[..., -1] < curves.optimum[:, None] - margin
    counts = lower.sum(axis=(0, 2))
    return {p: int(n) for p, n in zip(curves.problems, counts, strict=True) if n}


def areas(curves: Curves) -> FloatArray:
    """The mean ``nr`` over log time of every run; shape (algorithms, problems, seeds)."""
    # Points are evenly spaced in log time; what is read at the last one has no width.
    mean: FloatArray = normalised(curves)[..., :-1].mean(axis=-1)
    return mean

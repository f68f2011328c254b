"""How expected running times compare with a baseline's: speed-up and parallel efficiency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from hpobench.analysis.core.curves import Algorithm, algorithm_columns
from hpobench.analysis.inference.bootstrap import (
    Interval,
    percentile_interval,
    problem_weights,
    seed_means,
)
from hpobench.analysis.inference.ert import resampled_seed_means, time_per_hit
from hpobench.analysis.settings import FloatArray, IntArray, Settings

INSTANT = 1e-9
"""Of the budget: ERTs below it count as this, since a hit at no time at all has no speed."""
AnyArray: TypeAlias = npt.NDArray[Any]

COLUMNS = ["problem", "algorithm", "searcher", "scheduler", "ert", "hits", "base_ert", "base_hits"]
COLUMNS += ["ratio", "low", "high", "bound"]


def ert_ratios(
    algorithms: Sequence[Algorithm],
    problems: tuple[str, ...],
    spent: FloatArray,
    hit: FloatArray,
    *,
    baseline: IntArray,
    horizon: FloatArray,
    undecided: float,
    settings: Settings,
) -> pd.DataFrame:
    """The baseline's ERT over that of each of ``algorithms``, with its interval.

    ``spent`` and ``hit``, of shape (algorithms, problems, seeds), are what each run spent and how
    often it hit (see :func:`hpobench.analysis.inference.ert.spending`), NaN where there is no run;
    ``baseline``, of shape (algorithms,), the row that each is compared with; ``horizon``, which
    broadcasts to (algorithms, problems), a budget.

    Columns as :data:`COLUMNS`. The rows of the means, whose ``problem`` is missing, come first:
    the geometric mean of the ratios over problems; its ERTs are NaN and its hits are sums.

    An ERT without a hit is infinite; for the ratio the time that all runs spent stands for it, as
    if the next result had hit, but no less than the horizon, or runs that crash at once would
    look fast. ``bound`` says what ``ratio`` then is: ``<=`` where the baseline alone hits, ``>=``
    where it alone does not (no more than a convention where crashed runs spent less than a
    budget). Where neither hits, ``none``, the ratio's logarithm is ``undecided``; means and
    resamples leave out what is NaN.
    """
    count = np.nansum(hit, axis=2)
    gain = _ratios(problems, spent, hit, baseline, horizon, undecided, settings)
    nothing = np.full(len(algorithms), np.nan)
    times = time_per_hit(*(seed_means(x[..., None])[..., 0] for x in (spent, hit)))
    own, base = count > 0, count[baseline] > 0
    bounds = np.select([own & base, own, ~own & base], ["", ">=", "<="], "none")
    columns = {
        "ert": _led_by(nothing, times),
        "hits": _led_by(count.sum(axis=1), count),
        "bound": _led_by(np.full(len(algorithms), ""), bounds),
        "ratio": gain.estimate,
        "low": gain.low,
        "high": gain.high,
    }
    for name in ("ert", "hits"):
        columns[f"base_{name}"] = columns[name][baseline]
    labels = np.array([None, *problems], dtype=object)
    frame = pd.concat([algorithm_columns(tuple(algorithms))] * len(labels), ignore_index=True)
    return frame.assign(
        problem=np.repeat(labels, len(algorithms)), **{k: v.T.ravel() for k, v in columns.items()}
    )[COLUMNS]


def _led_by(mean: AnyArray, per_problem: AnyArray) -> AnyArray:
    """``mean``, of shape (algorithms,), as the first column of (algorithms, 1 + problems)."""
    return np.concatenate([mean[:, None], per_problem], axis=1)


def _ratios(
    problems: tuple[str, ...],
    spent: FloatArray,
    hit: FloatArray,
    baseline: IntArray,
    horizon: FloatArray,
    undecided: float,
    settings: Settings,
) -> Interval:
    """Of shape (algorithms, 1 + problems), the geometric means first."""
    both = np.stack([spent, hit], axis=-1)
    runs = np.count_nonzero(~np.isnan(spent), axis=2)

    def logarithms(means: FloatArray) -> FloatArray:
        """From the mean time spent and the mean of the hits; (..., algorithms, problems, 2)."""
        spent, hit = means[..., 0], means[..., 1]
        time = np.divide(spent, hit, out=np.maximum(spent * runs, horizon), where=hit > 0)
        time = np.maximum(time, INSTANT * horizon)
        base = time[..., baseline, :]
        decided = (hit > 0) | (hit[..., baseline, :] > 0)
        ratios = np.where(decided, np.log(base / time), undecided)
        return np.where(np.isnan(time) | np.isnan(base), np.nan, ratios)

    estimate = logarithms(seed_means(both))
    draws = logarithms(resampled_seed_means(both, problems, settings))
    several = (runs >= 2) & (runs[baseline] >= 2)
    known = ~np.isnan(estimate)
    valid = _led_by((several | ~known).all(axis=1), several)
    equal = np.full((1, len(problems)), 1.0 / len(problems))
    means = _weighted_mean(draws, problem_weights(problems, settings))
    draws = np.concatenate([means[..., None], draws], axis=-1)
    estimate = _led_by(_weighted_mean(estimate[None], equal)[0], estimate)
    interval = percentile_interval(estimate, draws, settings.level, valid)
    # Repetitions that are NaN are left out.
    tail, gaps = (1.0 - settings.level) / 2.0, np.isnan(draws)
    for place in np.argwhere(gaps.any(axis=0) & ~gaps.all(axis=0) & valid & ~np.isnan(estimate)):
        own = draws[(slice(None), *place)]
        ends = np.quantile(own[~np.isnan(own)], [tail, 1.0 - tail])
        interval.low[tuple(place)], interval.high[tuple(place)] = ends
    return Interval(*map(np.exp, interval))


def _weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Over problems, of what is not NaN: (repetitions, algorithms, problems) without them."""
    known = ~np.isnan(values)
    total = np.einsum("rp,rap->ra", weights, np.where(known, values, 0.0))
    weight = np.einsum("rp,rap->ra", weights, known.astype(np.float64))
    means: FloatArray = np.full(total.shape, np.nan)
    np.divide(total, weight, out=means, where=weight > 0)
    return means

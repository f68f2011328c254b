"""T2: how much sooner than random search targets are hit."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from hpobench.stats.bootstrap import (
    Interval,
    percentile_interval,
    problem_weights,
    seed_means,
)
from hpobench.stats.curves import Curves
from hpobench.stats.ert import ert, resampled_spending, spending
from hpobench.stats.frames import algorithm_columns
from hpobench.stats.hits import Hits, Runs, hitting_times
from hpobench.stats.settings import SCHEDULER, SEARCHER, FloatArray, IntArray, Settings
from hpobench.stats.targets import tolerance_targets

TOLERANCES = (0.1, 0.01)
"""The targets, as ``nr``."""
INSTANT = 1e-9
"""Of the budget: ERTs below it count as this, since a hit at no time at all has no speed."""
AnyArray: TypeAlias = npt.NDArray[Any]

COLUMNS = ["tolerance", "problem", "algorithm", "searcher", "scheduler", "ert", "random_ert"]
COLUMNS += ["hits", "random_hits", "speedup", "low", "high", "bound"]


def speedup(curves: Curves, runs: Runs, settings: Settings) -> pd.DataFrame:
    """``ERT_random / ERT_a`` for each of :data:`TOLERANCES`, with its interval.

    ``curves`` must be a fair comparison; without random search in it there are no rows. Columns
    as :data:`COLUMNS`; ``hits`` are runs. A row whose ``problem`` is missing is the geometric mean
    over the problems; its ERTs are NaN and its hits are sums.

    An ERT without a hit is infinite; for the speed-up the time that all runs spent stands for it,
    as if the next result had hit, but no less than the problem's budget, or runs that crash at
    once would look fast. ``bound`` says what ``speedup`` then is: ``<=`` where random search alone
    hits, ``>=`` where it alone does not (no more than a convention where crashed runs spent less
    than a budget). Where neither hits neither is faster: 1, ``none``.
    """
    pairs = [(a.searcher, a.scheduler) for a in curves.algorithms]
    if (SEARCHER, SCHEDULER) not in pairs:
        return pd.DataFrame(columns=COLUMNS)
    hits = hitting_times(runs, curves, tolerance_targets(curves, TOLERANCES))
    frames = []
    for t, tolerance in enumerate(TOLERANCES):
        own = Hits(hits.at[..., t : t + 1], hits.end)
        frames.append(_one_target(curves, own, pairs.index((SEARCHER, SCHEDULER)), settings))
        frames[-1].insert(0, "tolerance", tolerance)
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _one_target(curves: Curves, hits: Hits, random: int, settings: Settings) -> pd.DataFrame:
    """The rows of one target, those of the means first; ``random``: the baseline's place."""
    algorithms = len(curves.algorithms)
    count = np.isfinite(hits.at[..., 0]).sum(axis=2)
    gain = _speedups(curves, hits, random, settings)
    columns = {
        "ert": _led_by(np.full(algorithms, np.nan), ert(hits)[..., 0]),
        "hits": _led_by(count.sum(axis=1), count),
        "bound": _led_by(np.full(algorithms, ""), _bounds(count, random)),
        "speedup": gain.estimate,
        "low": gain.low,
        "high": gain.high,
    }
    for name in ("ert", "hits"):
        columns[f"random_{name}"] = np.broadcast_to(columns[name][random], columns[name].shape)
    labels = np.array([None, *curves.problems], dtype=object)
    frame = pd.concat([algorithm_columns(curves.algorithms)] * len(labels), ignore_index=True)
    return frame.assign(
        problem=np.repeat(labels, algorithms), **{k: v.T.ravel() for k, v in columns.items()}
    )


def _led_by(mean: AnyArray, per_problem: AnyArray) -> AnyArray:
    """``mean``, of shape (algorithms,), as the first column of (algorithms, 1 + problems)."""
    return np.concatenate([mean[:, None], per_problem], axis=1)


def _bounds(count: IntArray, random: int) -> AnyArray:
    own, baseline = count > 0, count[random] > 0
    return np.select([own & baseline, own, ~own & baseline], ["", ">=", "<="], "none")


def _speedups(curves: Curves, hits: Hits, random: int, settings: Settings) -> Interval:
    """Of shape (algorithms, 1 + problems), the geometric means first."""
    spent, hit = (seed_means(x)[..., 0] for x in spending(hits))
    estimate = _log_speedups(curves, spent, hit, random)
    spent, hit = (x[..., 0] for x in resampled_spending(hits, curves.problems, settings))
    draws = _log_speedups(curves, spent, hit, random)
    means = np.einsum("rp,rap->ra", problem_weights(curves.problems, settings), draws)
    several = curves.present.sum(axis=2) >= 2
    valid = several & several[random]
    interval = percentile_interval(
        _led_by(estimate.mean(axis=1), estimate),
        np.concatenate([means[..., None], draws], axis=-1),
        settings.level,
        _led_by(valid.all(axis=1), valid),
    )
    return Interval(*map(np.exp, interval))


def _log_speedups(curves: Curves, spent: FloatArray, hit: FloatArray, random: int) -> FloatArray:
    """The logarithm of the speed-up by the mean time spent and the share of runs that hit; all of
    shape (..., algorithms, problems)."""
    in_all = spent * curves.present.sum(axis=2)
    time = np.divide(spent, hit, out=np.maximum(in_all, curves.horizon), where=hit > 0)
    time = np.maximum(time, INSTANT * curves.horizon)
    baseline, baseline_hit = time[..., random, None, :], hit[..., random, None, :]
    decided = (hit > 0) | (baseline_hit > 0)
    logarithms: FloatArray = np.where(decided, np.log(baseline / time), 0.0)
    return logarithms

"""F11: what one of several workers achieves, as a share of what a single one does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves, places
from hpobench.analysis.core.hits import Hits, first_hits
from hpobench.analysis.core.incumbent import incumbents
from hpobench.analysis.core.references import referenced
from hpobench.analysis.core.targets import tolerance_targets
from hpobench.analysis.core.workers import with_workers, worker_counts
from hpobench.analysis.exhibits.speedup import TOLERANCES
from hpobench.analysis.inference.ert import spending
from hpobench.analysis.inference.ert_ratio import ert_ratios
from hpobench.analysis.settings import FloatArray, IntArray, Settings
from hpobench.store.reader import Results

TARGETS = tuple(f"nr {tolerance:g}" for tolerance in TOLERANCES)
EVALUATIONS = "evaluations"
"""The system's own efficiency: full evaluations by the second, whatever they find."""
MEASURES = (*TARGETS, EVALUATIONS)

COLUMNS = ["measure", "workers", "problem", "algorithm", "searcher", "scheduler", "time", "hits"]
COLUMNS += ["base_time", "base_hits", "estimate", "low", "high", "bound"]


def efficiency(results: Results, curves: Curves, settings: Settings) -> pd.DataFrame:
    """``T_1 / (W * T_W)`` for each number of workers ``W`` in ``results``, with its interval.

    ``curves``: a fair comparison of the runs on any one number of workers; it names the
    algorithms and problems. Without a second number of workers there are no rows. The time axis
    is the run's clock, whatever ``settings`` say.

    Columns as :data:`COLUMNS`. ``measure``: for the targets ``T`` is the expected running time to
    that ``nr`` and ``hits`` are runs. For :data:`EVALUATIONS` it is the time of all runs over the
    full evaluations that they paid for, which are the ``hits``: the efficiency is then the rate
    of evaluations on ``W`` workers over ``W`` times the rate on one. ``base_`` stands for the
    smallest number of workers; if that is not 1, the efficiency is relative to it:
    ``W_0 T_0 / (W T_W)``.

    Rows, means and bounds as :func:`hpobench.analysis.inference.ert_ratio.ert_ratios` has them. Where no run
    hits on either number of workers nothing is known: NaN, ``none``, and no part in the mean.
    """
    counts = worker_counts(results)
    if len(counts) < 2:
        return pd.DataFrame(columns=COLUMNS)
    curves = replace(curves, seeds=tuple(sorted(results.cells["seed"].unique().tolist())))
    runs = [_runs(with_workers(results, n), curves, settings) for n in counts]
    spent = np.concatenate([part.spent for part in runs])
    gained = np.concatenate([part.gained for part in runs])
    horizon = np.concatenate([part.horizon for part in runs])
    size = len(curves.algorithms)
    frames = [
        ert_ratios(
            curves.algorithms * len(counts),
            curves.problems,
            spent[..., m],
            gained[..., m],
            baseline=np.tile(np.arange(size), len(counts)),
            horizon=horizon,
            undecided=np.nan,
            settings=settings,
        ).assign(
            measure=measure, workers=np.tile(np.repeat(counts, size), 1 + len(curves.problems))
        )
        for m, measure in enumerate(MEASURES)
    ]
    names = {"ert": "time", "base_ert": "base_time", "ratio": "estimate"}
    table = pd.concat(frames, ignore_index=True).rename(columns=names)
    for column in ("estimate", "low", "high"):
        table[column] *= counts[0] / table["workers"]
    return table[COLUMNS]


@dataclass(frozen=True)
class _Runs:
    """The runs on one number of workers."""

    spent: FloatArray
    """Seconds; shape (algorithms, problems, seeds, measures), NaN where there is no run."""
    gained: FloatArray
    """Of the same shape: hits, or evaluations."""
    horizon: FloatArray
    """Shape (algorithms, problems), alike for all algorithms: where the longest run ended."""


def _runs(results: Results, curves: Curves, settings: Settings) -> _Runs:
    results = referenced(results)
    a, p, s = places(curves, results.cells)
    kept = np.flatnonzero((a >= 0) & (p >= 0))  # of the seeds all are there
    steps = incumbents(results, "time", settings.fidelity)
    targets = tolerance_targets(curves, TOLERANCES)
    shape = len(curves.algorithms), len(curves.problems), len(curves.seeds)
    at, end, paid = (np.full((*shape, n), np.nan) for n in (len(TOLERANCES), 1, 1))
    evaluations = _evaluations(results)
    for i in map(int, kept):
        at[a[i], p[i], s[i]] = first_hits(*steps.steps(i), targets[p[i]])
        end[a[i], p[i], s[i]] = steps.end[i]
        paid[a[i], p[i], s[i]] = evaluations[i]
    spent, hit = spending(Hits(at, end[..., 0]))
    return _Runs(
        np.concatenate([spent, end], axis=-1),
        np.concatenate([hit, paid], axis=-1),
        np.tile(_horizon(p[kept], steps.end[kept], shape[1]), (shape[0], 1)),
    )


def _horizon(problem: IntArray, end: FloatArray, problems: int) -> FloatArray:
    horizon = np.zeros(problems)
    np.maximum.at(horizon, problem, end)
    return np.where(horizon > 0, horizon, 1.0)  # where no run got anywhere


def _evaluations(results: Results) -> FloatArray:
    """What each run paid for, in full evaluations."""
    problems = results.problems.set_index("problem").loc[results.cells["problem"]]
    full = (problems["steps"] * problems["unit"]).to_numpy(np.float64)
    paid: FloatArray = results.cells["resource"].fillna(0.0).to_numpy(np.float64) / full
    return paid

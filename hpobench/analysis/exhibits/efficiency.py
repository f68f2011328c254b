"""What one of several workers achieves, as a share of what a single one does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.analysis.core.budgets import with_workers, worker_counts
from hpobench.analysis.core.curves import Comparison, Curves, places
from hpobench.analysis.core.hits import Hits, first_hits
from hpobench.analysis.core.incumbent import incumbents
from hpobench.analysis.core.reference_losses import referenced
from hpobench.analysis.core.targets import TOLERANCES, tolerance_targets
from hpobench.analysis.figures import Axis, Choice, Scaling
from hpobench.analysis.inference.ert import spending
from hpobench.analysis.inference.ert_ratio import ert_ratios
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.store.read.reader import Results

TITLE = "Parallel efficiency"
STEM = "efficiency"
SHOWS = (
    "What more workers are worth: at 1, the dashed line, twice the workers need half the time; on "
    "the dotted line they are no faster."
)
TAB = "setup"

TARGETS = tuple(f"nr {tolerance:g}" for tolerance in TOLERANCES)
EVALUATIONS = "evaluations"
"""The system's own efficiency: full evaluations by the second, whatever they find."""
MEASURES = (*TARGETS, EVALUATIONS)
COLUMNS = ["measure", "workers", "problem", "algorithm", "searcher", "scheduler", "time", "hits"]
COLUMNS += ["base_time", "base_hits", "estimate", "low", "high", "bound"]
SPREAD = 0.28  # of a doubling: the points of the same number of workers lie beside each other


def subjects(study: Study) -> list[Comparison]:
    """Every comparison, if there are runs with several numbers of workers."""
    return study.shown if len(worker_counts(study.every)) > 1 else []


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """``T_1 / (W * T_W)`` for each number of workers ``W``, with its interval.

    Without a second number of workers there are no rows. The time axis is the run's clock,
    whatever the settings say.

    Columns as :data:`COLUMNS`. ``measure``: for the targets ``T`` is the expected running time to
    that ``nr`` and ``hits`` are runs. For :data:`EVALUATIONS` it is the time of all runs over the
    full evaluations that they paid for, which are the ``hits``: the efficiency is then the rate
    of evaluations on ``W`` workers over ``W`` times the rate on one. ``base_`` stands for the
    smallest number of workers; if that is not 1, the efficiency is relative to it:
    ``W_0 T_0 / (W T_W)``.

    Rows, means and bounds as :func:`hpobench.analysis.inference.ert_ratio.ert_ratios` has them.
    Where no run hits on either number of workers nothing is known: NaN, ``none``, and no part in
    the mean.
    """
    results, curves, settings = study.every, comparison.curves, study.settings
    counts = worker_counts(results)
    if len(counts) < 2:
        return pd.DataFrame(columns=COLUMNS)
    curves = replace(curves, seeds=tuple(sorted(results.cells["seed"].unique().tolist())))
    runs = [_runs(with_workers(results, n), curves, settings) for n in counts]
    spent, gained, horizon = (np.concatenate(parts) for parts in zip(*runs, strict=True))
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


def _runs(
    results: Results, curves: Curves, settings: Settings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of the runs on one number of workers: the seconds that each spent and its hits or
    evaluations, both of shape (algorithms, problems, seeds, measures), NaN where there is no run;
    and where the longest run ended, shape (algorithms, problems), alike for all algorithms."""
    results = referenced(results)
    a, p, s = places(curves, results.cells)
    kept = np.flatnonzero((a >= 0) & (p >= 0))  # of the seeds all are there
    steps = incumbents(results, "time", settings.fidelity)
    targets = tolerance_targets(curves, TOLERANCES)
    shape = len(curves.algorithms), len(curves.problems), len(curves.seeds)
    at, end, paid = (np.full((*shape, n), np.nan) for n in (len(TOLERANCES), 1, 1))
    problems = results.problems.set_index("problem").loc[results.cells["problem"]]
    full = (problems["steps"] * problems["unit"]).to_numpy(np.float64)
    evaluations = results.cells["resource"].fillna(0.0).to_numpy(np.float64) / full
    horizon = np.zeros(shape[1])
    np.maximum.at(horizon, p[kept], steps.end[kept])
    horizon[horizon == 0] = 1.0  # no run got anywhere
    for i in map(int, kept):
        at[a[i], p[i], s[i]] = first_hits(*steps.steps(i), targets[p[i]])
        end[a[i], p[i], s[i]] = steps.end[i]
        paid[a[i], p[i], s[i]] = evaluations[i]
    spent, hit = spending(Hits(at, end[..., 0]))
    return (
        np.concatenate([spent, end], axis=-1),
        np.concatenate([hit, paid], axis=-1),
        np.tile(horizon, (shape[0], 1)),
    )


def caption(_: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves = comparison.curves
    counts = sorted(table["workers"].unique().tolist())
    base = counts[0]
    unit = "T_1 / (W T_W)" if base == 1 else f"{base} T_{base} / (W T_W)"
    levels = " and ".join(f"{t:g}" for t in TOLERANCES)
    return (
        f"The efficiency of W workers is {unit}, here of {phrases.algorithms(curves)} on "
        f"{', '.join(map(str, counts))} workers, over {phrases.suite(curves)}. T is the expected "
        f"running time to normalised regrets of {levels}, which is what all runs spent up to their "
        "hit or their end, over the number of hits; or the time of a full evaluation, whatever it "
        "finds. A point is the geometric mean over the problems on which any run hit. Where only "
        "one side hits, the time of all runs of the other, at least one budget, stands for its T; "
        f"such points are hollow, for they are bounds.{phrases.misses(curves)}"
    )


def alt(_: Comparison, __: pd.DataFrame) -> str:
    drawn = "Curves of parallel efficiency over the number of workers."
    return f"{drawn} The numbers are in the CSV file."


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Scaling:
    means = table.loc[table["problem"].isna(), "estimate"]
    counts = sorted(table["workers"].unique().tolist())
    titles = [*(f"To regret {tolerance:g}" for tolerance in TOLERANCES), "Evaluations"]
    # The estimates set the range: an interval may have no end.
    low = min(float(means.min()), counts[0] / counts[-1])
    return Scaling(
        styles=study.styles,
        choice=Choice("measure", "Efficiency", tuple(zip(titles, MEASURES, strict=True))),
        workers=tuple(counts),
        y=Axis("Efficiency", low, max(float(means.max()), 1.0)),
        spread=SPREAD,
    )

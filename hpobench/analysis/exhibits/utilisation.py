"""The share of the workers that is busy while a run goes on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, places
from hpobench.analysis.core.incumbent import run_of
from hpobench.analysis.core.trial_steps import occupancy
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import Interval, curve_frame, suite_mean
from hpobench.analysis.settings import FloatArray, IntArray
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases
from hpobench.store.read.reader import Results

TITLE = "Worker utilisation"
STEM = "utilisation"
SHOWS = "The share of the workers that are busy as a run goes on. At 100 % no worker waits."
TAB = "setup"


def subjects(study: Study) -> list[Comparison]:
    """Every comparison with a problem on which some run of each algorithm got anywhere."""
    return [one for one in study.shown if len(study.computed(table, one))]


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Mean share of busy workers over runs, then problems, with its interval.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`: ``at`` is the begin of one
    of ``settings.points`` equal parts of each run's own clock, ``estimate`` the mean over that
    part, not a sample of it; the last row, at 1, closes the last part. Failed runs count up to
    their failure, runs that failed before the clock moved not at all; problems on which all runs of
    some algorithm did so are left out, and without any other there is no row. What counts as busy:
    :func:`busy_shares`.
    """
    results, curves, settings = study.results, comparison.curves, study.settings
    a, p, s = places(curves, results.cells)
    moved = results.cells["clock"].fillna(0.0).to_numpy(np.float64) > 0
    kept = np.flatnonzero((np.minimum(np.minimum(a, p), s) >= 0) & moved)
    values = np.full((*curves.present.shape, settings.points), np.nan)
    values[a[kept], p[kept], s[kept]] = busy_shares(results, settings.points)[kept]
    values = np.concatenate([values, values[..., -1:]], axis=-1)
    at = np.linspace(0.0, 1.0, settings.points + 1)
    known = (~np.isnan(values[..., 0])).any(axis=2).all(axis=0)
    if not known.any():
        return curve_frame(curves, at[:0], Interval(*np.empty((3, len(curves.algorithms), 0))))
    part = curves.select(np.ones(len(curves.algorithms), dtype=bool), known)
    return curve_frame(curves, at, suite_mean(values[:, known], part.problems, settings))


def busy_shares(results: Results, parts: int) -> FloatArray:
    """The share of busy workers in each of ``parts`` equal parts of each run's clock; shape
    (runs, parts), NaN where the clock never moved.

    A worker is busy with the steps that left results (see
    :func:`hpobench.analysis.core.trial_steps.occupancy`) and with those that the end of the run cut
    off.
    Failed steps, and those that a decision of the scheduler undid, left no trace.
    """
    clock: FloatArray = results.cells["clock"].fillna(0.0).to_numpy(np.float64)
    run = run_of(results, results.events)
    begin, end = occupancy(results.events, run)
    cut, since = _cut_off(results, run, end)
    run = np.concatenate([run, cut])
    scale = np.divide(parts, clock, out=np.zeros(len(clock)), where=clock > 0)[run]
    begin, end = (
        np.clip(x * scale, 0.0, parts)
        for x in (np.concatenate([begin, since]), np.concatenate([end, clock[cut]]))
    )
    shape = len(clock), parts + 1
    busy = _since(begin, run, shape) - _since(end, run, shape)
    workers = results.cells["workers"].to_numpy(np.float64)
    # More than all only if a trial that the end cut off had no worker yet.
    shares = np.minimum(np.diff(busy, axis=1) / workers[:, None], 1.0)
    return np.where(clock[:, None] > 0, shares, np.nan)


def _cut_off(results: Results, run: IntArray, end: FloatArray) -> tuple[IntArray, FloatArray]:
    """The runs of the steps that were under way when their run ended, and when they began.

    It is not stored whether a trial without a result had a worker; but it waits for one only
    while all are busy, and shares are cut at 1. When a trial that had paused, or a clone, went on
    is not stored either; those are left out.
    """
    trials = results.trials[results.trials["status"] == "cut"]
    trials = trials[["trial", "start"]].assign(run=run_of(results, trials))
    events = results.events[["trial", "decision"]].assign(run=run, begin=end)
    last = events.drop_duplicates(["run", "trial"], keep="last")
    found = trials.merge(last, on=["run", "trial"], how="left")
    found["begin"] = found["begin"].fillna(found["start"])
    found = found[found["decision"].isna() | (found["decision"] == "CONTINUE")]
    return found["run"].to_numpy(np.int64), found["begin"].to_numpy(np.float64)


def _since(at: FloatArray, run: IntArray, shape: tuple[int, int]) -> FloatArray:
    """Of shape (runs, edges): by how much each of the edges 0, 1, 2, ... lies behind those of the
    run's ``at`` that it lies behind, in all."""
    first = run * shape[1] + np.ceil(at).astype(np.int64)
    count = np.bincount(first, minlength=shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
    total = np.bincount(first, at, shape[0] * shape[1]).reshape(shape).cumsum(axis=1)
    since: FloatArray = count * np.arange(shape[1]) - total
    return since


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves, settings = comparison.curves, study.settings
    return (
        f"The clock of each run is cut into {settings.points} equal parts, and a curve is the mean "
        f"of {phrases.algorithms(curves)} over {phrases.suite(curves)}, in which problems weigh "
        "the same. A worker is busy at a step that leaves a result, and at one that the end of the "
        "run cuts off. A step that fails, or that the scheduler undoes, leaves no trace and counts "
        "as idle. Failed runs count up to their failure. Problems are left out if all runs of some "
        "algorithm failed at once."
    )


alt = phrases.curves_of("the share of workers that are busy")


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Lines:
    return Lines(
        styles=study.styles,
        x=x_axis(table, "Share of the run's clock", log=False, percent=True),
        y=y_axis(table, "Share of workers busy", percent=True),
    )

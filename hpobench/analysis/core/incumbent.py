"""The best result so far, as a step function per run.

Never interpolated: a line between two results would show the later one before it existed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hpobench.analysis.settings import Axis, Fidelity, FloatArray, IntArray
from hpobench.store.read.reader import Results


@dataclass(frozen=True)
class Incumbents:
    """One right-continuous step function per run, laid end to end.

    Run ``i`` (row ``i`` of ``results.cells``) owns entries ``offsets[i]:offsets[i + 1]`` of ``at``
    and ``loss``: from ``at`` on, ``loss`` is the reported loss of its incumbent.
    """

    offsets: IntArray
    """Shape (runs + 1,)."""
    at: FloatArray
    """Axis values, not decreasing within a run."""
    loss: FloatArray
    end: FloatArray
    """Shape (runs,): where each run ended on the axis."""

    def steps(self, run: int) -> tuple[FloatArray, FloatArray]:
        part = slice(self.offsets[run], self.offsets[run + 1])
        return self.at[part], self.loss[part]


def incumbents(results: Results, axis: Axis = "time", fidelity: Fidelity = "any") -> Incumbents:
    """The incumbents of all runs.

    The incumbent is chosen on the visible loss; what is reported is its held-out loss where the
    problem has one. Results that are not finite cannot become incumbent, nor can any result of a
    failed run: a run that crashed is imputed as a whole, else crashing after a lucky start would
    pay.
    """
    cells, events = results.cells, results.events
    run = run_of(results, events)
    order = np.argsort(run, kind="stable")
    events, run = events.iloc[order], run[order]
    problems = _problem_of_run(results)
    position = _position(results, events, run, axis)
    end = _end(results, axis)
    np.maximum.at(end, run, position)
    visible = events["loss"].to_numpy(np.float64)
    heldout = events["heldout"].to_numpy(np.float64, na_value=np.nan)
    reported = np.where(problems["heldout"].to_numpy(bool)[run], heldout, visible)
    eligible = np.isfinite(visible) & np.isfinite(reported)
    eligible &= (cells["status"] == "done").to_numpy(bool)[run]
    if fidelity == "full":
        eligible &= events["step"].to_numpy() >= problems["steps"].to_numpy()[run]

    run, visible = run[eligible], visible[eligible]
    best = pd.Series(visible).groupby(run).cummin().to_numpy()
    improved = np.ones(len(run), dtype=bool)
    improved[1:] = (run[1:] != run[:-1]) | (visible[1:] < best[:-1])
    counts = np.bincount(run[improved], minlength=len(cells))
    return Incumbents(
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        at=position[eligible][improved],
        loss=reported[eligible][improved],
        end=end,
    )


def look_up(at: FloatArray, values: FloatArray, grid: FloatArray, before: float) -> FloatArray:
    """The step function's value at each point of ``grid``: that of the last step at or before
    it, ``before`` ahead of the first. ``at`` must not decrease."""
    padded = np.concatenate([[before], values])
    return padded[np.searchsorted(at, grid, side="right")]


def align(incumbents: Incumbents, grids: FloatArray, before: FloatArray) -> FloatArray:
    """All runs on their grids.

    ``grids`` and the result have shape (runs, times); ``before`` has shape (runs,). After its
    last result a run stays at its final incumbent.
    """
    rows = [
        look_up(*incumbents.steps(run), grid, float(before[run])) for run, grid in enumerate(grids)
    ]
    return np.array(rows).reshape(grids.shape)


def run_of(results: Results, frame: pd.DataFrame) -> IntArray:
    """For each row of ``frame`` the row of ``results.cells`` that its ``cell`` names."""
    labels = pd.Categorical(frame["cell"])
    row_of_label = pd.Index(results.cells["cell"]).get_indexer(labels.categories)
    runs: IntArray = row_of_label.astype(np.int64)[labels.codes]
    if (runs < 0).any():  # labels that no row has may be unknown
        strays = [c for c, row in zip(labels.categories, row_of_label, strict=True) if row < 0]
        raise ValueError(f"rows of cells that the results do not list: {strays[:3]}")
    return runs


def _problem_of_run(results: Results) -> pd.DataFrame:
    """The row of ``results.problems`` of each run."""
    return results.problems.set_index("problem").loc[results.cells["problem"]]


def _position(results: Results, events: pd.DataFrame, run: IntArray, axis: Axis) -> FloatArray:
    """Where each event lies on the axis; ``events`` are grouped by ``run``."""
    clock = events["clock"].to_numpy(np.float64)
    if axis == "time":
        return clock
    if axis == "time+thinking":
        trials = results.trials
        suggested = _until(results, run, clock, "start", trials["suggest_s"].fillna(0.0), "right")
        # Observing a trial's end comes after the result that ended it: it counts for later ones.
        observed = _until(results, run, clock, "end", trials["observe_s"].fillna(0.0), "left")
        return clock + suggested + observed
    paid = events["resource"].fillna(0.0).groupby(run).cumsum().to_numpy(np.float64)
    # The step in which a trial failed left no event, but it was paid for.
    failed = (results.trials["status"] == "failed").astype(np.float64)
    step: FloatArray = _problem_of_run(results)["unit"].to_numpy(np.float64)
    paid = paid + _until(results, run, clock, "end", failed, "right") * step[run]
    return paid / _unit(results, axis)[run]


def _end(results: Results, axis: Axis) -> FloatArray:
    """Where each run ended, by its cell's own account."""
    cells = results.cells
    if not axis.startswith("time"):
        return cells["resource"].fillna(0.0).to_numpy(np.float64) / _unit(results, axis)
    end = cells["clock"].fillna(0.0)
    if axis == "time+thinking":
        end = end + cells["suggest_s"].fillna(0.0) + cells["observe_s"].fillna(0.0)
    return end.to_numpy(np.float64, copy=True)  # the caller writes into it


def _unit(results: Results, axis: Axis) -> FloatArray:
    """The resource that one on the axis stands for, per run."""
    if axis == "resource":
        return np.ones(len(results.cells))
    problems = _problem_of_run(results)
    return (problems["steps"] * problems["unit"]).to_numpy(np.float64)


def _until(
    results: Results,
    run: IntArray,
    clock: FloatArray,
    when: Literal["start", "end"],
    amount: pd.Series,
    side: Literal["left", "right"],
) -> FloatArray:
    """The sum of ``amount`` over each run's trials that had started (ended) by each event.

    ``amount`` has a value per trial; ``side`` as in :func:`numpy.searchsorted`: whether a trial
    counts at the very moment (``right``) or only after it.
    """
    trials = results.trials
    trial_run = run_of(results, trials)
    order = np.lexsort((trials[when].to_numpy(), trial_run))
    at = trials[when].to_numpy(np.float64)[order]
    total = np.concatenate([[0.0], np.cumsum(amount.to_numpy(np.float64)[order])])
    bounds = np.arange(len(results.cells) + 1)
    events_from = np.searchsorted(run, bounds)
    trials_from = np.searchsorted(trial_run[order], bounds)
    found = np.zeros(len(clock))
    for i in range(len(results.cells)):
        own = slice(events_from[i], events_from[i + 1])
        first, last = trials_from[i], trials_from[i + 1]
        count = np.searchsorted(at[first:last], clock[own], side=side)
        found[own] = total[first + count] - total[first]
    return found

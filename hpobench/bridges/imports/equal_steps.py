"""Curves on one axis of equal steps, from reports that trials made when it suited them."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from hpobench.api import Fidelity
from hpobench.bridges.imports.trials import PastTrial, StoredTrials
from hpobench.contract.errors import UsageError
from hpobench.recording.table import Array

MOST_STEPS, FEWER_STEPS = 200, 100
"""Curves with more reports than this are looked at less often, unless ``--steps`` says so."""
LAST_STEP = 10**12


@dataclass(frozen=True)
class StepAxis:
    """The steps of curves; the first report may be numbered 0, which ``shift`` makes good."""

    fidelity: Fidelity
    shift: int
    places: Array  # the resource after each step


@dataclass(frozen=True, eq=False)
class StepCurves:
    """Arrays ``[trials, steps]``, and how much of each row is not observed but continued."""

    loss: Array
    wall: Array
    observed: list[int]  # steps of each trial


def axis(source: StoredTrials, steps: int | None, resource: str | None) -> StepAxis:
    """The axis of equal steps on which all reports lie, or of so many ``steps``."""
    name = resource or source.resource
    reported = sorted({step for trial in source.trials for step in trial.reports})
    if reported and (reported[0] < 0 or reported[-1] > LAST_STEP):
        odd = reported[0] if reported[0] < 0 else reported[-1]
        raise UsageError(
            f"{source}: a trial reports step {odd!s:.60}; steps are from 0 to {LAST_STEP:,}"
        )
    shift = 0
    if not reported or (len(reported) == 1 and not steps):
        unit = float(reported[0]) if reported and reported[0] > 0 else 1.0
        fidelity = Fidelity(name if reported else "evaluation", 1, unit)
    else:
        gaps = [b - a for a, b in itertools.pairwise(reported)]
        gap = math.gcd(*gaps, reported[0])
        shift = gap if reported[0] == 0 else 0
        full = reported[-1] + shift
        count = steps or (full // gap if full // gap <= MOST_STEPS else FEWER_STEPS)
        fidelity = Fidelity(name, count, full / count)
    places = np.array([k * fidelity.unit for k in range(1, fidelity.steps + 1)])
    return StepAxis(fidelity, shift, places)


def curves(source: StoredTrials, axis: StepAxis, seconds: float | None) -> StepCurves:
    """The curves of the trials of ``source``; ``seconds`` is what every step costs, if given."""
    made = [_curve(source, trial, axis) for trial in source.trials]
    loss, observed = np.array([curve for curve, _ in made]), [steps for _, steps in made]
    trials = zip(source.trials, observed, strict=True)
    wall = np.array([_costs(trial, axis, steps, seconds) for trial, steps in trials])
    # The curve of a trial that was stopped goes on: at each further step it changes by the median
    # of those that were observed there.
    reached = np.array(observed)
    stopped = np.array([trial.state == "stopped" for trial in source.trials])
    for step in range(1, loss.shape[1]):
        seen = (reached > step) & np.isfinite(loss[:, step]) & np.isfinite(loss[:, step - 1])
        change = np.median(loss[seen, step] - loss[seen, step - 1]) if seen.any() else 0.0
        further = stopped & (reached <= step)
        loss[further, step] = loss[further, step - 1] + change
    return StepCurves(loss, wall, observed)


def _curve(source: StoredTrials, trial: PastTrial, axis: StepAxis) -> tuple[Array, int]:
    """The losses of ``trial``, NaN after what was observed, and how many steps were."""
    steps, sign = axis.fidelity.steps, source.objective.loss(1.0)
    curve = np.full(steps, math.nan)
    if not trial.reports:
        if trial.final is None:
            return curve, 0
        curve[:] = sign * trial.final
        return curve, steps
    at = np.array(list(trial.reports), float) + axis.shift
    values = sign * np.array(list(trial.reports.values()), float)
    whole = trial.state == "complete"
    observed = steps if whole else _steps(at[-1] / axis.fidelity.unit, steps)
    # Between two reports a curve is a line; after the last one of a complete trial it is level.
    curve[:observed] = np.interp(axis.places[:observed], at, values)
    if whole and trial.final is not None:
        curve[-1] = sign * trial.final
    return curve, observed


def _steps(reached: float, steps: int) -> int:
    return min(max(math.floor(reached + 1e-9), 1), steps)


def _costs(trial: PastTrial, axis: StepAxis, observed: int, seconds: float | None) -> Array:
    """The seconds that each step added; one that was not observed costs the mean of the others."""
    steps = axis.fidelity.steps
    costs = np.full(steps, math.nan)
    if seconds is not None:
        costs[:] = seconds
    elif trial.times:
        at = np.array([0.0, *(step + axis.shift for step in trial.times)])
        passed = np.interp([0.0, *axis.places], at, [0.0, *trial.times.values()])
        taken = _steps(at[-1] / axis.fidelity.unit, steps)
        costs[:taken] = np.diff(passed)[:taken]
        costs[taken:] = costs[:taken].mean()
    elif trial.seconds is not None:
        costs[:] = trial.seconds / max(observed, 1)
    if trial.state == "failed":
        costs[observed:] = math.nan
    # A step costs something: a clock that stands still would let a budget of seconds never end.
    made: Array = np.maximum(costs, 1e-6)
    return made

"""Ray's median stopping rule without a walk over all trials at every result.

At each result Ray computes the mean loss of every other trial up to the same time, and the median
of these means. But such a mean stays as it is until that trial itself reports again, so here the
means are kept, sorted, for every time at which a trial has reported.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from typing import Any

import numpy as np
from ray.tune.schedulers.median_stopping_rule import MedianStoppingRule
from ray.tune.schedulers.trial_scheduler import TrialScheduler

from hpobench.running.ray.fast.asha import FirstComeFirstServed

MAX_TIMES = 4096
"""The most different times whose means are kept. Where there are more, hardly two trials report at
the same one, and Ray's walk costs less than keeping the means. For the same reason times must be
whole numbers, not seconds."""


class _Curve:
    """What one trial has reported: ``last`` is its last time, ``best`` its best loss."""

    def __init__(self) -> None:
        self.last = -math.inf
        self.best: float | None = None
        self.times: list[float] = []
        self.losses = np.empty(32)
        self.ascending = True

    def append(self, time: float, loss: float) -> None:
        """Count a loss from the grace period on in the means."""
        count = len(self.times)
        if count == len(self.losses):
            self.losses = np.concatenate([self.losses, np.empty(count)])
        self.losses[count] = loss
        self.ascending = self.ascending and (not count or time >= self.times[-1])
        self.times.append(time)

    def mean(self, time: float) -> float:
        """``np.mean`` of the losses up to ``time``, to the last bit; NaN if there are none."""
        # NumPy adds in pairs, so that the sum cannot be carried from one result to the next.
        if self.ascending:
            losses = self.losses[: bisect_right(self.times, time)]
        else:
            losses = self.losses[: len(self.times)][np.array(self.times) <= time]
        return float(np.add.reduce(losses) / len(losses)) if len(losses) else math.nan


class MedianRule(FirstComeFirstServed, MedianStoppingRule):
    """Ray's rule over means that are kept: each result moves its own trial's means and no other.
    They are kept as long as times are whole numbers and losses floats. From the first one that is
    not, Ray's own code takes over, with the results that it needs."""

    def adopt(self) -> None:
        self._curves: dict[Any, _Curve] = {}
        self._times: list[float] = []
        self._means: dict[float, list[float]] = {}
        self._plain = not self._results

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        if (
            trial in self._stopped_trials
            or self._time_attr not in result
            or self._metric not in result
            or not self._accepts(result)
        ):
            return super().on_trial_result(tune_controller, trial, result)  # type: ignore[no-any-return]
        time = result[self._time_attr]
        self._results[trial].append(result)
        curve = self._note(trial, time, result[self._metric])
        if time < self._grace_period:
            return TrialScheduler.CONTINUE  # type: ignore[no-any-return]
        median = self._median_of_others(time, curve)
        if median is None:
            action: str = self._on_insufficient_samples(tune_controller, trial, time)
            if action == TrialScheduler.PAUSE:
                self._last_pause[trial] = time
            return action
        if self._compare_op(median, curve.best) == curve.best:
            return TrialScheduler.CONTINUE  # type: ignore[no-any-return]
        self._stopped_trials.add(trial)
        return TrialScheduler.STOP if self._hard_stop else TrialScheduler.PAUSE  # type: ignore[no-any-return]

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        super().on_trial_complete(tune_controller, trial, result)
        if self._accepts(result):
            self._note(trial, result[self._time_attr], result[self._metric])

    def _accepts(self, result: dict[str, Any]) -> bool:
        """Whether the means can be kept with ``result``; if not, they never will be again."""
        if self._plain:
            time, loss = result.get(self._time_attr), result.get(self._metric)
            self._plain = type(time) is int and type(loss) is float
            self._plain = self._plain and (time in self._means or len(self._times) < MAX_TIMES)
            if not self._plain:
                self._curves, self._times, self._means = {}, [], {}
        return self._plain

    def _note(self, trial: Any, time: float, loss: float) -> _Curve:
        """Take the result into the means of its trial."""
        times = self._times
        if time >= self._grace_period and time not in self._means:
            times.insert(bisect_left(times, time), time)
            self._means[time] = []
            for other in self._curves.values():
                self._put_in(time, other)
        curve = self._curves.get(trial)
        if curve is None:
            curve = self._curves[trial] = _Curve()
        # The means that change, begin or end as the trial goes from its last time to this one:
        # earlier ones have no part in the new result, and none goes beyond where the trial is.
        begin, end = bisect_right(times, curve.last), bisect_right(times, time)
        if time <= curve.last:
            begin, end = bisect_left(times, time), begin
        moved = times[begin:end]
        for at in moved:
            if curve.last >= at and math.isfinite(mean := curve.mean(at)):
                means = self._means[at]
                del means[bisect_left(means, mean)]
        curve.last = time
        curve.best = loss if curve.best is None else self._compare_op([curve.best, loss])
        if time >= self._grace_period:
            curve.append(time, loss)
        for at in moved:
            self._put_in(at, curve)
        return curve

    def _put_in(self, time: float, curve: _Curve) -> None:
        if curve.last >= time and math.isfinite(mean := curve.mean(time)):
            insort(self._means[time], mean)

    def _median_of_others(self, time: float, curve: _Curve) -> float | None:
        """The median of the means of all trials but that of ``curve``; ``None`` for too few."""
        means, own = self._means[time], curve.mean(time)
        # Without the own mean, all above it move down by one.
        place = bisect_left(means, own) if math.isfinite(own) else len(means)
        count = len(means) - (place < len(means))
        if count < self._min_samples_required:
            return None
        if count == 0:
            return math.nan  # as np.median of nothing

        def other(index: int) -> float:
            return means[index + (index >= place)]

        half = count // 2
        return other(half) if count % 2 else (other(half - 1) + other(half)) / 2

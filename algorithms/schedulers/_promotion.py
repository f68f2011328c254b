"""Successive halving by promotion, as one of Ray's schedulers."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any, NamedTuple

from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler


class Report(NamedTuple):
    """What a trial brought to a rung. Reports are ordered: the best first, ties by trial number."""

    invalid: bool
    """Whether the loss is NaN; such a report counts as one of the rung's worst."""
    loss: float
    trial: int


class Rung:
    """The reports of all trials that have trained up to a level, in order.

    ``waiting`` are those of its paused trials, in the same order.
    """

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.waiting: list[Report] = []

    def add(self, trial: int, loss: float) -> None:
        """Note that ``trial`` has come here and waits."""
        report = Report(loss != loss, 0.0 if loss != loss else loss, trial)
        insort(self.reports, report)
        insort(self.waiting, report)

    def promotable(self, factor: float) -> int | None:
        """The best waiting trial, if it is among the best 1/factor of all reports."""
        if not self.waiting or self.waiting[0].invalid:
            return None
        best = self.waiting[0]
        passing = math.floor(len(self.reports) / factor)
        return best.trial if bisect_left(self.reports, best) < passing else None


class Promotion(TrialScheduler):
    """Trials pause at each level and go on once they are among the best 1/factor there.

    This is ASHA as Li et al. (2020) describe it, algorithm 2 without brackets. ``levels`` ascend;
    the last one is where trials are complete. Whenever a trial leaves its worker, the highest rung
    with a promotable trial gives its best one; without any, Ray asks the searcher for a new trial.

    Once nothing runs, nothing can be promoted and the searcher gives no trial, the paused ones end:
    searchers may wait for their results, and a concurrency limit may count them.
    """

    _supports_buffered_results = False

    def __init__(
        self, *, levels: Sequence[int], factor: float, time_attr: str = "training_iteration"
    ) -> None:
        super().__init__()
        self._levels, self._factor, self._time_attr = tuple(levels), factor, time_attr
        self._rungs = [Rung() for _ in self._levels[:-1]]
        self._top = len(self._rungs)
        """The number of the highest level that trials may be promoted to."""
        self._mode: str | None = None
        self._trials: list[Trial] = []
        self._numbers: dict[str, int] = {}
        self._goals: list[int] = []
        """By trial, the number of the level that it trains up to."""
        self._active: set[int] = set()
        """The trials that have a worker or are to be given one."""
        self._most_active = 0
        self._promoted: dict[int, None] = {}
        """Promoted trials that have not reported since, in the order of their promotion."""

    def set_search_properties(self, metric: str | None, mode: str | None, **spec: Any) -> bool:
        if (self._mode and mode) or not super().set_search_properties(metric, mode, **spec):
            return False
        self._mode = mode or self._mode
        return True

    # -- notices of the controller -------------------------------------------------------------

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        if self._metric is None or self._mode not in ("min", "max"):
            raise ValueError(
                f"{type(self).__name__} needs the metric and the mode of tune.TuneConfig, not "
                f"{self._metric!r} and {self._mode!r}"
            )
        number = self._numbers[trial.trial_id] = len(self._trials)
        self._trials.append(trial)
        self._goals.append(0)
        self._activate(number)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        if self._time_attr not in result or self._metric not in result:
            return TrialScheduler.CONTINUE
        number, step = self._numbers[trial.trial_id], result[self._time_attr]
        loss = result[self._metric] if self._mode == "min" else -result[self._metric]
        self._promoted.pop(number, None)
        self._observe(number, step, loss)
        level = self._goals[number]
        if step < self._levels[level]:
            return TrialScheduler.CONTINUE
        if level == len(self._rungs):
            return TrialScheduler.STOP
        self._rungs[level].add(number, loss)
        self._settle(level)
        self._active.discard(number)
        best = self._promote()
        if best == number:
            self._promoted.pop(number)  # it just keeps its worker
            return TrialScheduler.CONTINUE
        self._start(tune_controller, best)
        return TrialScheduler.PAUSE

    def on_trial_complete(
        self, tune_controller: Any, trial: Trial, result: dict[str, Any] | None = None
    ) -> None:
        self._leave(tune_controller, trial)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        self._leave(tune_controller, trial)

    def on_trial_remove(self, tune_controller: Any, trial: Trial) -> None:
        number = self._numbers[trial.trial_id]
        self._active.discard(number)
        self._promoted.pop(number, None)
        for rung in self._rungs:
            rung.waiting = [report for report in rung.waiting if report.trial != number]

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        for number in self._promoted:
            # A trial whose state is still being saved is promoted, but it cannot start yet.
            if self._trials[number].status in (Trial.PAUSED, Trial.PENDING):
                return self._trials[number]
        for number in sorted(self._active):
            if self._trials[number].status == Trial.PENDING:
                return self._trials[number]
        # The searcher has just been asked. If it gave nothing, a worker may be idle.
        if len(self._active) < self._most_active and (best := self._promote()) is not None:
            return self._trials[best] if self._trials[best].status == Trial.PAUSED else None
        # A trial that is to pause runs until its state is saved.
        if not self._active and not any(
            trial.status == Trial.RUNNING for trial in tune_controller.get_trials()
        ):
            self._end_waiting(tune_controller)
        return None

    def debug_string(self) -> str:
        rungs = zip(self._levels, self._rungs, strict=False)
        counts = (f"{level}: {len(r.waiting)} of {len(r.reports)} wait" for level, r in rungs)
        return f"{type(self).__name__}, rungs {', '.join(counts)}"

    # -- for subclasses ------------------------------------------------------------------------

    def _observe(self, trial: int, step: int, loss: float) -> None:
        """Learn of every result; losses are minimised."""

    def _settle(self, level: int) -> None:
        """Learn that the rung of ``level`` has a new report, before a trial is promoted."""

    # -- promotion -----------------------------------------------------------------------------

    def _activate(self, number: int) -> None:
        self._active.add(number)
        self._most_active = max(self._most_active, len(self._active))

    def _promote(self) -> int | None:
        """Promote the best trial of the highest rung that has a promotable one."""
        for level in reversed(range(self._top)):
            rung = self._rungs[level]
            if (best := rung.promotable(self._factor)) is not None:
                del rung.waiting[0]
                self._goals[best] = level + 1
                self._promoted[best] = None
                self._activate(best)
                return best
        return None

    def _leave(self, tune_controller: Any, trial: Trial) -> None:
        """A trial has ended and leaves its worker."""
        number = self._numbers[trial.trial_id]
        self._active.discard(number)
        self._promoted.pop(number, None)
        self._start(tune_controller, self._promote())

    def _start(self, tune_controller: Any, number: int | None) -> None:
        """Let a promoted trial wait for a worker, so that Ray asks for no new trial instead."""
        if number is not None and self._trials[number].status == Trial.PAUSED:
            tune_controller._set_trial_status(self._trials[number], Trial.PENDING)

    def _end_waiting(self, tune_controller: Any) -> None:
        waiting = sorted(report.trial for rung in self._rungs for report in rung.waiting)
        for rung in self._rungs:
            rung.waiting.clear()
        for number in waiting:
            tune_controller.stop_trial(self._trials[number])

"""One random history, played against a scheduler in the place of Ray's controller."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from ray.tune.experiment import Trial
from ray.tune.schedulers import TrialScheduler
from ray.tune.schedulers.median_stopping_rule import MedianStoppingRule

Record = list[Any]


class _FakeTrial:
    """The parts of a trial that schedulers look at."""

    def __init__(self, number: int) -> None:
        self.number, self.trial_id = number, f"{number:06d}"
        self.status, self.is_saving = Trial.PENDING, False
        self.time: float = 0
        self.last_result: dict[str, Any] = {}

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return self.trial_id


class Player:
    """Plays one random history against ``scheduler``, in the place of Ray's controller."""

    def __init__(self, scheduler: TrialScheduler, rng: Random) -> None:
        self._scheduler, self._rng = scheduler, rng
        self.record: Record = []
        self._trials: list[_FakeTrial] = []
        # What schedulers of ours and of Ray's see of a controller.
        self._tune_controller = self.search_alg = self.searcher = self
        self._workers = rng.randint(1, 6)
        self._most = rng.choice([2, 4, rng.randint(3, 24)])
        self._advance: Callable[[float], float] = rng.choice(
            [self._one, self._one, self._one, self._jump, self._seconds, self._restart]
        )
        self._loss: Callable[[], Any] = rng.choice(
            [rng.random, self._tied, self._tied, self._special, self._typed]
        )
        mixed: list[Callable[[float], Any]] = [float] * 30
        mixed += [int, np.float32, np.float64, bool]
        self._types: list[Callable[[float], Any]] = rng.choice([mixed, [np.float32]])
        self._odd = rng.choice([0.0, 0.0, 0.0, 0.02])
        """How often a result lacks a key, and a trial moves as it rarely does."""

    # -- what schedulers ask of the controller -------------------------------------------------

    def _with(self, status: str) -> set[_FakeTrial]:
        return {trial for trial in self._trials if trial.status == status}

    @property
    def _pending_trials(self) -> set[_FakeTrial]:
        return self._with(Trial.PENDING)

    @property
    def _running_trials(self) -> set[_FakeTrial]:
        return self._with(Trial.RUNNING)

    @property
    def _paused_trials(self) -> set[_FakeTrial]:
        return self._with(Trial.PAUSED)

    def get_trials(self) -> list[_FakeTrial]:
        return self._trials

    def get_live_trials(self) -> set[_FakeTrial]:
        return self._pending_trials | self._running_trials | self._paused_trials

    def on_pause(self, trial_id: str) -> None:
        self.record.append(("on_pause", trial_id))

    def on_unpause(self, trial_id: str) -> None:
        self.record.append(("on_unpause", trial_id))

    def stop_trial(self, trial: _FakeTrial) -> None:
        self.record.append(("stop", trial.trial_id, trial.status))
        if trial.status in (Trial.PENDING, Trial.PAUSED):
            self._scheduler.on_trial_remove(self, trial)
        elif trial.status == Trial.RUNNING:
            self._scheduler.on_trial_complete(self, trial, trial.last_result)
        else:
            return
        trial.status = Trial.TERMINATED

    # -- losses and times ----------------------------------------------------------------------

    def _tied(self) -> float:
        return self._rng.choice([0.1, 0.2, 0.3, 0.7])

    def _special(self) -> float:
        special = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.7e308, -1.7e308, 5e-324]
        return self._rng.choice([*special, 0.5, self._rng.gauss(0, 1)])

    def _typed(self) -> Any:
        return self._rng.choice(self._types)(self._rng.gauss(0, 1))

    def _one(self, time: float) -> float:
        return time + 1

    def _jump(self, time: float) -> float:
        return time + self._rng.choice([0, 1, 2, 5])

    def _seconds(self, time: float) -> float:
        return time + self._rng.choice([0.5, self._rng.random(), 3, 3, math.inf])

    def _restart(self, time: float) -> float:
        return self._rng.randint(0, int(time)) if self._rng.random() < 0.3 else time + 1

    # -- events --------------------------------------------------------------------------------

    def play(self, events: int) -> Record:
        """Play so many events and return what happened."""
        actions: list[Callable[[], None]] = [self._report] * 12 + [self._choose] * 5
        actions += [self._add] * 4 + [self._odd_event]
        try:
            for _ in range(events):
                self._rng.choice(actions)()
            self._finish()
        except Exception as error:
            self.record.append(("raised", type(error).__name__))
        return self.record

    def _finish(self) -> None:
        self._choose()
        self.record.append(self._scheduler.debug_string().replace("-0.0", "0.0"))
        if isinstance(self._scheduler, MedianStoppingRule):
            self.record.append(_means(self._scheduler))
        self.record.append(np.random.random_sample())  # noqa: NPY002 - the generator of Ray's ASHA

    def _add(self) -> None:
        if len(self._trials) < self._most:
            trial = _FakeTrial(len(self._trials))
            # As Ray's controller does: it counts the trial as pending after the scheduler's turn.
            self._scheduler.on_trial_add(self, trial)
            self._trials.append(trial)

    def _choose(self) -> None:
        chosen = self._scheduler.choose_trial_to_run(self)
        self.record.append(("chosen", chosen and chosen.trial_id))
        if chosen is None:
            return
        chosen.is_saving = False
        # Ray lets a trial be pending until an actor is there.
        idle = len(self._running_trials) < self._workers and self._rng.random() < 0.9
        chosen.status = Trial.RUNNING if idle else Trial.PENDING

    def _pick(self, *statuses: str) -> _FakeTrial | None:
        trials = [trial for trial in self._trials if trial.status in statuses]
        return self._rng.choice(trials) if trials else None

    def _report(self) -> None:
        trial = self._pick(Trial.RUNNING)
        if trial is None:
            self._choose()
            return
        trial.time = self._advance(trial.time)
        result = {"time": trial.time, "loss": self._loss()}
        if self._rng.random() < self._odd:
            del result[self._rng.choice(["time", "loss"])]
        decision = self._scheduler.on_trial_result(self, trial, result)
        self.record.append((trial.trial_id, decision))
        trial.last_result = result
        if decision == TrialScheduler.STOP:
            self._scheduler.on_trial_complete(self, trial, result)
            trial.status = Trial.TERMINATED
        elif decision == TrialScheduler.PAUSE:
            trial.status, trial.is_saving = Trial.PAUSED, self._rng.random() < 0.3

    def _odd_event(self) -> None:
        kind = self._rng.choice(["fail", "complete", "remove", "saved", "again", "saving"])
        if kind == "remove":
            trial = self._pick(Trial.PENDING, Trial.PAUSED)
            if trial is not None:
                self.stop_trial(trial)
        elif kind == "saved":
            trial = self._pick(Trial.PAUSED)
            if trial is not None:
                trial.is_saving = False
        else:
            trial = self._pick(Trial.RUNNING)
            if trial is not None:
                self._end(trial, kind)

    def _end(self, trial: _FakeTrial, kind: str) -> None:
        if kind == "fail":
            self._scheduler.on_trial_error(self, trial)
            trial.status = Trial.ERROR
        elif kind == "complete" and trial.last_result:
            self.stop_trial(trial)
        elif kind == "again" and self._odd:
            trial.status = Trial.PENDING  # a failed trial that Ray tries once more
        elif kind == "saving":
            trial.is_saving = True


def _means(rule: Any) -> dict[float, list[float]]:
    """The finite means of all trials at every time, which medians are taken of, by Ray's code.

    Of a rule of ours they are those that it has kept.
    """
    if getattr(rule, "_means", None):
        return dict(sorted(rule._means.items()))
    reported = [r["time"] for results in rule._results.values() for r in results]
    found = {}
    for time in sorted({time for time in reported if time >= rule._grace_period}):
        means = [float(rule._running_mean(t, time)) for t in rule._trials_beyond_time(time)]
        found[time] = sorted(filter(math.isfinite, means))
    return found

"""Ray's ``TuneController`` over one of our stages: our actor manager, no files, no wall clock.

Every decision (which trial runs, continues, pauses, stops) is taken by Ray's own code. What is left
out was profiled and decides nothing: callbacks, of which there are none, log lines that nobody
reads, timers, snapshots of the experiment, running averages, directories of trials, and looks at
things that cannot have changed.
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ray.tune.error import TuneError
from ray.tune.execution import tune_controller as _tc
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import SearchAlgorithm

from hpobench.contract.errors import TrialError
from hpobench.running.ray.fast.asha import FirstComeFirstServed
from hpobench.running.ray.internals import check_attributes
from hpobench.running.ray.trial import STORAGE, Trial
from hpobench.store.write.batch import Event

EVENT = "event"
"""The key of the :class:`Event` in the results that Ray's controller and schedulers are given. They
read their own keys only, and copy results whole, never value by value."""
_PAUSE, _STOP = TrialScheduler.PAUSE, TrialScheduler.STOP


class ShortenedController(_tc.TuneController):
    """Ray's controller with a shorter way around its loop. Each method does what Ray's own does, in
    the same order, for what our stages can meet. A test runs every scheduler under Ray's own
    methods too and compares the histories."""

    def __init__(self, *, slots: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._slots = slots
        self._wrapper = super()._wrapped()
        chooser = getattr(self._scheduler_alg.choose_trial_to_run, "__func__", None)
        # Of other schedulers' choosers nothing is known: HyperBandForBOHB's closes brackets too.
        first = (FIFOScheduler.choose_trial_to_run, FirstComeFirstServed.choose_trial_to_run)
        self._chooses_the_first = chooser in first

    def is_finished(self) -> bool:
        # Ray's looks at the status of trials one by one, these sets are by status. The searcher's
        # flag comes before them, too: one worker has finished every trial after each of its trials.
        if self._running_trials or self._pending_trials or not self._search_alg.is_finished():
            return False
        return bool(super().is_finished())

    def step(self) -> None:
        self._maybe_update_trial_queue()
        self._maybe_add_actors()
        self._actor_manager.next()
        if self._should_stop_experiment:
            self._stop_experiment_if_needed()

    def checkpoint(self, force: bool = False, wait: bool = False) -> None:
        pass

    def _mark_trial_to_checkpoint(self, trial: Trial) -> None:
        pass

    def _wrapped(self) -> Any:
        return self._wrapper

    def _maybe_update_trial_queue(self) -> None:
        if len(self._pending_trials) + len(self._running_trials) < self._slots:
            super()._maybe_update_trial_queue()

    def _update_trial_queue(self, blocking: bool = False, timeout: int = 600) -> bool:  # noqa: ARG002
        # Never blocking: Ray would sleep a second when the searcher has no trial to give.
        return bool(super()._update_trial_queue(blocking=False))

    def _maybe_add_actors(self) -> None:
        # Nearly always there is no trial to give an actor to.
        if self._chooses_the_first and not self._paused_trials:
            pending, listed = self._pending_trials, self._pending_trials_list
            if not pending:
                listed.clear()  # of trials that were pending
                return
            if len(pending) == len(listed) == 1 and listed[0] in self._trial_to_actor:
                return
        super()._maybe_add_actors()

    def _schedule_trial_train(self, trial: Trial) -> None:
        self._actor_manager.schedule_actor_task(
            self._trial_to_actor[trial],
            "train",
            on_result=self._on_trained,
            on_error=self._on_failed,
        )

    def _on_trained(self, actor: Any, result: dict[str, Any]) -> None:
        trial = self._actor_to_trial[actor]
        try:
            self._process_trial_result(trial, result)
            self._maybe_execute_queued_decision(trial)
        except Exception:
            raise TuneError(traceback.format_exc())  # noqa: B904 - as Ray raises it

    def _process_trial_result(self, trial: Trial, result: dict[str, Any]) -> str | None:
        result["trial_id"] = trial.trial_id
        flat = dict(result)
        if trial.should_stop(flat):
            decision = _STOP
        else:
            decision = self._scheduler_alg.on_trial_result(self._wrapper, trial, flat)
        if decision == _STOP:
            result["done"] = True
        else:
            self._search_alg.on_trial_result(trial.trial_id, flat)
        trial.update_last_result(result)
        if not trial.is_saving:
            self._queue_decision(trial, decision)
            return decision  # type: ignore[no-any-return]
        # It waits until the trial is saved, and overrules none but another CONTINUE.
        waiting = self._cached_trial_decisions
        if not waiting.get(trial.trial_id) or decision in (_PAUSE, _STOP):
            waiting[trial.trial_id] = decision
        return None

    def _on_failed(self, actor: Any, exception: Exception) -> None:
        trial = self._actor_to_trial[actor]
        try:
            self._trial_task_failure(trial, exception)
        except Exception:
            raise TuneError(traceback.format_exc())  # noqa: B904


class Controller(ShortenedController):
    """Ray's controller over ``manager``, an actor manager of ours.

    ``slots``: how many trials may be pending or running when the searcher is asked for another
    one: the workers, plus the scheduler's look-ahead. This asks just in time, like Ray's
    ``ConcurrencyLimiter(workers)``, but paused trials do not count: under a limiter that counts
    them HyperBand takes unfilled brackets for complete and becomes FIFO.

    ``on_event`` is given the event of every result with Ray's decision, ``on_status`` every trial
    whose status changes, with the old and the new status.
    """

    def __init__(
        self,
        *,
        source: SearchAlgorithm,
        scheduler: TrialScheduler,
        manager: Any,
        slots: int,
        on_event: Callable[[Event], None],
        on_status: Callable[[Trial, str, str], None],
    ) -> None:
        super().__init__(
            slots=slots,
            search_alg=source,
            scheduler=scheduler,
            metric="loss",
            storage=STORAGE,
            resource_manager_factory=lambda: None,
            # Ray writes snapshots by the wall clock; with this period none is ever due.
            checkpoint_period="inf",
        )
        check_attributes(self)
        self._actor_manager = manager
        self._class_cache = SimpleNamespace(get=lambda cls: cls)
        # Ray's own one warns of missing resources, by the wall clock.
        self._insufficient_resources_manager = SimpleNamespace(
            on_no_available_trials=lambda _: None
        )
        self._max_pending_trials = 1
        self._print_trial_errors = False
        self._on_event, self._on_status = on_event, on_status
        self._choosing = False

    def _maybe_add_actors(self) -> None:
        self._choosing = True
        super()._maybe_add_actors()
        self._choosing = False

    def get_trials(self) -> list[Trial]:
        """All trials; while a trial is being chosen to run, the waiting ones, and one that runs.
        The choosers of Ray's schedulers look for pending and paused trials, and that of
        HyperBandForBOHB asks whether any is running. They would walk over every finished and every
        running one at each step, which is quadratic in the workers."""
        if not self._choosing:
            return self._trials  # type: ignore[no-any-return]
        running = itertools.islice(self._running_trials, 1)
        chosen = [*self._pending_trials, *running, *self._paused_trials]
        return sorted(chosen, key=lambda trial: trial.number)

    def _process_trial_failure(self, trial: Trial, exception: Exception) -> None:
        # Ray would count an error of a scheduler or a searcher as the trial's.
        if not isinstance(exception, TrialError):
            raise exception
        super()._process_trial_failure(trial, exception)

    def _process_trial_result(self, trial: Trial, result: dict[str, Any]) -> str | None:
        decision = super()._process_trial_result(trial, result)
        # While the trial is saved, the decision waits.
        waiting = self._cached_trial_decisions.get(trial.trial_id, TrialScheduler.NOOP)
        event: Event = result[EVENT]
        event.decision = decision or str(waiting)
        self._on_event(event)
        return decision

    def _set_trial_status(self, trial: Trial, status: str) -> None:
        old = trial.status
        super()._set_trial_status(trial, status)
        self._on_status(trial, old, trial.status)

"""Ray's ``TuneController`` over one of our stages: our actor manager, no files, no wall clock.

Every decision (which trial runs, continues, pauses, stops) is taken by Ray's own code. What is
left out was profiled and decides nothing: experiment snapshots, per-metric running averages, timers
that warn, directories of trials. :mod:`hpobench.running.ray.shortened` has the shorter loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ray.tune.schedulers import TrialScheduler
from ray.tune.search import SearchAlgorithm

from hpobench.contract.errors import TrialError
from hpobench.running.ray.internals import check_attributes
from hpobench.running.ray.shortened import ShortenedController
from hpobench.running.ray.trial import STORAGE, Trial
from hpobench.store.write.batch import Event

EVENT = "event"
"""The key of the :class:`Event` in the results that Ray's controller and schedulers are given.

They read their own keys only, and copy results whole, never value by value.
"""


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
        on_event: Callable[[Event, str], None],
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
        quiet = SimpleNamespace(on_no_available_trials=lambda _: None)
        self._insufficient_resources_manager = quiet
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
        running one at each step, which is quadratic in the workers.
        """
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
        self._on_event(result[EVENT], decision or str(waiting))
        return decision

    def _set_trial_status(self, trial: Trial, status: str) -> None:
        old = trial.status
        super()._set_trial_status(trial, status)
        self._on_status(trial, old, trial.status)

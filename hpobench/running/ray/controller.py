"""The only contact with Ray Tune's private names.

A :class:`Controller` is Ray's ``TuneController`` with the stage under it exchanged: our actor
manager, no files, no wall clock. Every decision (which trial runs, continues, pauses, stops) is
taken by Ray's own code. What is left out here was profiled and decides nothing: experiment
snapshots, per-metric running averages, timers that warn, directories of trials.

Written against ray 2.60.0; :func:`check_ray` names what moved when another release breaks it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray.tune.execution import tune_controller as _tc
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.experiment import Trial as _Trial
from ray.tune.result import TRIAL_INFO
from ray.tune.schedulers import TrialScheduler
from ray.tune.search import SearchAlgorithm

from hpobench.contract.errors import RayError, TrialError
from hpobench.store.event import Event

_PRIVATE: list[tuple[Any, tuple[str, ...]]] = [
    (_tc, ("_FutureTrainingResult", "_TrainingResult", "flatten_dict", "warn_if_slow")),
    (
        _tc.TuneController,
        (
            "_maybe_add_actors",
            "_maybe_update_trial_queue",
            "_process_trial_result",
            "_process_trial_results",
            "_process_trial_failure",
            "_set_trial_status",
            "_update_trial_queue",
            "_validate_result_metrics",
            "_wrapped",
            "checkpoint",
            "is_finished",
            "on_step_begin",
            "on_step_end",
            "step",
        ),
    ),
    (
        _Trial,
        (
            "create_placement_group_factory",
            "get_trainable_cls",
            "handle_error",
            "init_local_path",
            "set_ray_actor",
            "update_last_result",
        ),
    ),
]
_PRIVATE_ATTRIBUTES = (
    "_actor_manager",
    "_class_cache",
    "_insufficient_resources_manager",
    "_max_pending_trials",
    "_paused_trials",
    "_pending_trials",
    "_print_trial_errors",
    "_running_trials",
)


def check_ray() -> None:
    """Raise :class:`RayError` naming every private name that this Ray no longer has."""
    gone = [
        f"{owner.__name__}.{name}"
        for owner, names in _PRIVATE
        for name in names
        if not hasattr(owner, name)
    ]
    if gone:
        raise RayError(
            f"ray {ray.__version__} no longer has {', '.join(gone)}, which the virtual stage "
            "stands on; install the Ray release that hpobench names in its dependencies"
        )


check_ray()


EVENT = "event"
"""The key of the :class:`Event` in the results that Ray's controller and schedulers are given.

They read their own keys only, and copy results whole, never value by value.
"""


class Checkpoint:
    """A state kept in memory, in the place where Ray keeps a folder."""

    __slots__ = ("filesystem", "path", "state")

    def __init__(self, state: Any) -> None:
        self.state, self.path, self.filesystem = state, "memory", None


def saved(state: Any, metrics: dict[str, Any]) -> Any:
    """What a ``save`` task returns: Ray's own type around our :class:`Checkpoint`."""
    return _tc._TrainingResult(checkpoint=Checkpoint(state), metrics=metrics)


class _Future(_tc._FutureTrainingResult):
    """A pending ``save``; PBT asks it for its value at once instead of waiting for the event,
    and knows it by Ray's type."""

    def __init__(self, task: Callable[[], Any]) -> None:
        self._task = task

    def resolve(self, block: bool = True) -> Any:  # noqa: ARG002 - Ray's signature
        return self._task()


_UNTIMED = contextlib.nullcontext()


def _untimed(*args: object, **kwargs: object) -> contextlib.nullcontext[None]:  # noqa: ARG001
    """In the place of ``warn_if_slow``, which reads the wall clock eight times a step."""
    return _UNTIMED


@contextlib.contextmanager
def ray_names() -> Iterator[None]:
    """Exchange three helpers of Ray's controller module inside the block.

    Results on our stages are flat already, so flattening one is copying it.
    """
    ours = {"flatten_dict": dict, "warn_if_slow": _untimed, "_FutureTrainingResult": _Future}
    theirs = {name: getattr(_tc, name) for name in ours}
    vars(_tc).update(ours)
    try:
        yield
    finally:
        vars(_tc).update(theirs)


class _Storage:
    """What is asked of a trial's storage when nothing is stored."""

    experiment_dir_name = "hpobench"
    trial_dir_name = "trial"

    def _update_checkpoint_index(self, metrics: dict[str, Any]) -> None:
        pass


class _Trainable:
    """Never built: the stage evaluates trials itself."""


_STORAGE = _Storage()
_RESOURCES = PlacementGroupFactory([{"CPU": 1}])


class Trial(_Trial):
    """Ray's trial without directories and running averages, hashed by its number.

    Ray keeps trials in sets; hashing by number instead of by address makes their order, and
    with it every history, the same in any process.
    """

    def __init__(self, number: int, config: dict[str, Any], stop_at: int | None) -> None:
        self.number = number
        self.proposed = dict(config)
        """The configuration that was asked for; a scheduler may give the trial another."""
        self.error: Exception | None = None
        super().__init__(
            "hpobench",
            config=config,
            trial_id=f"{number:06d}",
            storage=_STORAGE,
            stopping_criterion={} if stop_at is None else {"training_iteration": stop_at},
            stub=True,
        )

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other

    def __str__(self) -> str:
        return self.trial_id  # type: ignore[no-any-return]

    __repr__ = __str__

    def create_placement_group_factory(self) -> None:
        self.placement_group_factory = _RESOURCES

    def get_trainable_cls(self) -> type:
        return _Trainable

    def init_local_path(self) -> None:
        pass

    def set_ray_actor(self, ray_actor: object) -> None:
        self.temporary_state.ray_actor = ray_actor

    def update_last_result(self, result: dict[str, Any]) -> None:
        self.run_metadata.last_result = result

    def handle_error(self, exc: Exception | None = None) -> None:
        self.error = exc
        self.run_metadata.num_failures += 1


def trial_number(kwargs: dict[str, Any]) -> int:
    """The number of the trial that an actor is made for, from the actor's arguments."""
    return int(kwargs["config"][TRIAL_INFO].trial_id)


class _ClassCache:
    def get(self, cls: type) -> type:
        return cls


class _Patient:
    """In the place of the manager that warns, by the wall clock, of missing resources."""

    def on_no_available_trials(self, trials: list[Any]) -> None:
        pass


class Controller(_tc.TuneController):
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
            search_alg=source,
            scheduler=scheduler,
            metric="loss",
            storage=_STORAGE,
            resource_manager_factory=lambda: None,
            # Never due: the snapshots that Ray writes by the wall clock.
            checkpoint_period="inf",
        )
        missing = [name for name in _PRIVATE_ATTRIBUTES if not hasattr(self, name)]
        if missing:
            raise RayError(
                f"ray {ray.__version__}: TuneController has no {', '.join(missing)} any more"
            )
        self._actor_manager = manager
        self._class_cache = _ClassCache()
        self._insufficient_resources_manager = _Patient()
        self._max_pending_trials = 1
        self._print_trial_errors = False
        self._on_event, self._on_status = on_event, on_status
        self._slots = slots
        self._choosing = False
        self._wrapper = super()._wrapped()

    def checkpoint(self, force: bool = False, wait: bool = False) -> None:
        pass

    def on_step_begin(self) -> None:
        pass

    def on_step_end(self) -> None:
        pass

    def _wrapped(self) -> Any:
        return self._wrapper

    def _validate_result_metrics(self, result: dict[str, Any]) -> None:
        pass

    def _update_trial_queue(self, blocking: bool = False, timeout: int = 600) -> bool:  # noqa: ARG002
        if len(self._pending_trials) + len(self._running_trials) >= self._slots:
            return False
        return bool(super()._update_trial_queue(blocking=False))

    def _maybe_add_actors(self) -> None:
        self._choosing = True
        super()._maybe_add_actors()
        self._choosing = False

    def get_trials(self) -> list[Trial]:
        """All trials; while a trial is being chosen to run, the unfinished ones.

        The choosers of Ray's schedulers look for pending and paused trials only, and would walk
        over every finished one at each step.
        """
        if not self._choosing:
            return self._trials  # type: ignore[no-any-return]
        unfinished = [*self._pending_trials, *self._running_trials, *self._paused_trials]
        return sorted(unfinished, key=lambda trial: trial.number)

    def _process_trial_failure(self, trial: Trial, exception: Exception) -> None:
        # Ray would book an error of a scheduler or a searcher as the trial's.
        if not isinstance(exception, TrialError):
            raise exception
        super()._process_trial_failure(trial, exception)

    def _process_trial_results(self, trial: Trial, results: list[dict[str, Any]]) -> None:
        # Our results come one by one. Ray would format each for a message that nobody sees.
        (result,) = results
        self._process_trial_result(trial, result)

    def _process_trial_result(self, trial: Trial, result: dict[str, Any]) -> str | None:
        decision = super()._process_trial_result(trial, result)
        self._on_event(result[EVENT], decision or self._deferred(trial))
        return decision  # type: ignore[no-any-return]

    def _deferred(self, trial: Trial) -> str:
        """The decision that waits for a save of ``trial``."""
        return str(self._cached_trial_decisions.get(trial.trial_id, TrialScheduler.NOOP))

    def _set_trial_status(self, trial: Trial, status: str) -> None:
        old = trial.status
        super()._set_trial_status(trial, status)
        self._on_status(trial, old, trial.status)

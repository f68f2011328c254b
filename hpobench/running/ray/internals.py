"""The private names of Ray Tune that the controller and our schedulers depend on, and the few
that the controller exchanges.

Written against ray 2.60.0; :func:`check_ray` names what moved when another release breaks it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import ray
from ray.tune.execution import tune_controller as _tc
from ray.tune.experiment import Trial
from ray.tune.experiment import trial as _trial
from ray.tune.schedulers import async_hyperband as _asha
from ray.tune.schedulers import hb_bohb as _bohb
from ray.tune.schedulers import hyperband as _hyperband
from ray.tune.schedulers import trial_scheduler as _trial_scheduler
from ray.tune.schedulers.median_stopping_rule import MedianStoppingRule

from hpobench.contract.errors import RayError
from hpobench.running.ray.servers import exchanged
from hpobench.running.ray.trial import RunMetadata, actor_arguments

_PRIVATE: list[tuple[Any, str]] = [
    (_tc, "_FutureTrainingResult _TrainingResult _get_trainable_kwargs flatten_dict warn_if_slow"),
    (_trial, "_TrainingRunMetadata"),
    (_trial_scheduler, "tag_scheduler"),
    (
        _tc.TuneController,
        "_mark_trial_to_checkpoint _maybe_add_actors _maybe_execute_queued_decision "
        "_maybe_update_trial_queue _process_trial_result _process_trial_failure _queue_decision "
        "_schedule_trial_train _set_trial_status _stop_experiment_if_needed _trial_task_failure "
        "_update_trial_queue _wrapped checkpoint is_finished step",
    ),
    (
        Trial,
        "create_placement_group_factory get_trainable_cls handle_error should_stop "
        "init_local_path set_ray_actor update_last_result",
    ),
    (_asha, "_Bracket"),
    (_asha._Bracket, "cutoff on_result"),
    (_hyperband, "_Bracket"),
    (_hyperband._Bracket, "completion_percentage"),
    (_hyperband.HyperBandScheduler, "_process_bracket choose_trial_to_run"),
    (_bohb.HyperBandForBOHB, "choose_trial_to_run"),
    (MedianStoppingRule, "_on_insufficient_samples"),
]
_PRIVATE_STATE: list[tuple[type[Any], str]] = [
    (_tc.TrialRunnerWrapper, "_tune_controller"),
    (_asha.AsyncHyperBandScheduler, "_brackets _metric _metric_op _trial_info"),
    (_asha._Bracket, "_rungs rf"),
    (_hyperband.HyperBandScheduler, "_hyperbands _trial_info"),
    (_hyperband._Bracket, "_live_trials trials_to_unpause"),
    (
        MedianStoppingRule,
        "_compare_op _grace_period _hard_stop _last_pause _metric _min_samples_required "
        "_results _stopped_trials _time_attr",
    ),
]
"""Attributes that each class sets in ``__init__``."""
_PRIVATE_ATTRIBUTES = (
    "_actor_manager _actor_to_trial _cached_trial_decisions _class_cache "
    "_insufficient_resources_manager _max_pending_trials _paused_trials _pending_trials "
    "_pending_trials_list _print_trial_errors _running_trials _scheduler_alg _search_alg "
    "_should_stop_experiment _trial_to_actor"
)


def check_ray() -> None:
    """Raise :class:`RayError` naming every private name that this Ray no longer has."""
    gone = [
        f"{owner.__name__}.{name}"
        for owner, names in _PRIVATE
        for name in names.split()
        if not hasattr(owner, name)
    ]
    gone += [
        f"{owner.__name__}.{name}"
        for owner, names in _PRIVATE_STATE
        for name in names.split()
        if name not in owner.__init__.__code__.co_names
    ]
    if gone:
        raise RayError(
            f"ray {ray.__version__} no longer has {', '.join(gone)}, which the virtual stage "
            "depends on; install the Ray release that hpobench names in its dependencies"
        )


def check_attributes(controller: _tc.TuneController) -> None:
    """Raise :class:`RayError` naming every private attribute that ``controller`` lacks. Ray sets
    them in ``__init__``, so that only an instance shows whether they are there."""
    missing = [name for name in _PRIVATE_ATTRIBUTES.split() if not hasattr(controller, name)]
    if missing:
        raise RayError(
            f"ray {ray.__version__}: TuneController has no {', '.join(missing)} any more"
        )


check_ray()


class Checkpoint:
    """A state kept in memory, where Ray would keep a folder."""

    __slots__ = ("filesystem", "path", "state")

    def __init__(self, state: Any) -> None:
        self.state, self.path, self.filesystem = state, "memory", None


def saved(state: Any, metrics: dict[str, Any]) -> Any:
    """What a ``save`` task returns: Ray's own type around our :class:`Checkpoint`."""
    return _tc._TrainingResult(checkpoint=Checkpoint(state), metrics=metrics)


class _Future(_tc._FutureTrainingResult):
    """A pending ``save``. PBT recognises it by Ray's type, and asks for its value at once instead
    of waiting for the event."""

    def __init__(self, task: Callable[[], Any]) -> None:
        self._task = task

    def resolve(self, block: bool = True) -> Any:  # noqa: ARG002 - Ray's signature
        return self._task()


_UNTIMED = contextlib.nullcontext()
# Results on our stages are flat already (an Event counts as one value), so that flattening a result
# is copying it.
_EXCHANGED: list[tuple[ModuleType, dict[str, Any]]] = [
    (
        _tc,
        {
            "flatten_dict": dict,
            "warn_if_slow": lambda *_, **__: _UNTIMED,  # it reads the clock eight times a step
            "_FutureTrainingResult": _Future,
            "_get_trainable_kwargs": actor_arguments,
        },
    ),
    (_trial, {"_TrainingRunMetadata": RunMetadata}),
    # It counts Ray's users by a call to its head for every run.
    (_trial_scheduler, {"tag_scheduler": lambda _: None}),
]


@contextlib.contextmanager
def ray_names() -> Iterator[None]:
    """Exchange a few helpers of Ray's modules inside the block."""
    with contextlib.ExitStack() as stack:
        for module, ours in _EXCHANGED:
            stack.enter_context(exchanged(module, **ours))
        yield

"""Which trials wait for a worker, without a walk over all trials."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from typing import Any

from ray.tune.schedulers.trial_scheduler import FIFOScheduler


def pending(tune_controller: Any) -> AbstractSet[Any]:
    """The trials whose status is ``PENDING``; Ray's controller keeps them."""
    return tune_controller._tune_controller._pending_trials  # type: ignore[no-any-return]


def running(tune_controller: Any) -> AbstractSet[Any]:
    """The trials whose status is ``RUNNING``."""
    return tune_controller._tune_controller._running_trials  # type: ignore[no-any-return]


def paused(tune_controller: Any) -> AbstractSet[Any]:
    """The trials whose status is ``PAUSED``."""
    return tune_controller._tune_controller._paused_trials  # type: ignore[no-any-return]


class FirstComeFirstServed:
    """The choice of Ray's ``FIFOScheduler``: the first pending trial, or else the first paused one.

    Ray looks through all trials twice. Nearly always at most one is waiting.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        waiting = pending(tune_controller) or paused(tune_controller)
        if len(waiting) > 1:
            return super().choose_trial_to_run(tune_controller)  # type: ignore[misc]
        return next(iter(waiting), None)


class Fifo(FirstComeFirstServed, FIFOScheduler):
    """Ray's FIFO with a short way to the next trial."""

    def adopt(self) -> None:
        """Nothing to prepare."""

    def next_decision(self, trial: Any, step: int) -> float:  # noqa: ARG002
        """It lets every trial go on to its end."""
        return math.inf

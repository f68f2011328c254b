"""Which trials wait for a worker, without a walk over all trials."""

from __future__ import annotations

import math
from typing import Any

from ray.tune.schedulers.trial_scheduler import FIFOScheduler


class FirstComeFirstServed:
    """The choice of Ray's ``FIFOScheduler``: the first pending trial, or else the first paused one.

    Ray looks through all trials twice. Nearly always at most one is waiting.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        controller = tune_controller._tune_controller  # Ray's, which keeps trials by status
        waiting = controller._pending_trials or controller._paused_trials
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

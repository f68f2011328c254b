"""The scheduler without early stopping."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.api import Problem, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Fifo(Scheduler):
    """No early stopping: every trial runs to the end, and trials start in the order of asking."""

    name = "fifo"
    needs_fidelity = False
    pauses = False
    ends_trials = False
    notes: ClassVar[tuple[str, ...]] = ()

    def build(self, problem: Problem) -> TrialScheduler:
        from ray.tune.schedulers import FIFOScheduler

        return FIFOScheduler()

"""The place of the scheduler in methods that are searcher and scheduler in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.api import Problem, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Own(Scheduler):
    """The searcher's own: it says itself how far each trial trains, as in DEHB."""

    name = "own"
    leaves_scheduling = True
    pauses = False
    ends_trials = False
    notes: ClassVar[tuple[str, ...]] = ()

    def build(self, problem: Problem) -> TrialScheduler:
        from ray.tune.schedulers import FIFOScheduler

        return FIFOScheduler()

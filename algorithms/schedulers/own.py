"""The scheduler to name for a searcher that schedules itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.api import Problem, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Own(Scheduler):
    """The searcher's own scheduling: it decides how far each trial trains, as DEHB does."""

    name = "own"
    leaves_scheduling = True
    pauses = False
    ends_trials = False
    notes: ClassVar[tuple[str, ...]] = ()

    def build(self, problem: Problem) -> TrialScheduler:
        from ray.tune.schedulers import FIFOScheduler

        # The stage ends each trial after the number of steps that the searcher asked for.
        return FIFOScheduler()

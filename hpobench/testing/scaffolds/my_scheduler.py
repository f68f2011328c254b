"""A scheduler: a rule of Ray Tune that stops trials early."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.api import Problem, Scheduler
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class MyScheduler(Scheduler):
    """A median rule: a trial stops if it is worse than the median of the others.

    ``grace_period``: the number of steps that every trial may take.
    """

    name = "mine"
    pauses = False  # this scheduler neither pauses trials nor changes their configurations
    ends_trials = False  # the harness ends a trial at its last step
    notes: ClassVar[tuple[str, ...]] = ()  # sentences that a user of this scheduler should know

    def __init__(self, *, grace_period: int = 1) -> None:
        if grace_period < 1:
            raise UsageError(f"{self.name}: grace_period must be at least 1, not {grace_period}")
        self.grace_period = grace_period

    def build(self, problem: Problem) -> TrialScheduler:
        # You may return any TrialScheduler, for example a class of yours with on_trial_result().
        from ray.tune.schedulers import MedianStoppingRule

        return MedianStoppingRule(
            time_attr="training_iteration", grace_period=self.grace_period, min_samples_required=3
        )

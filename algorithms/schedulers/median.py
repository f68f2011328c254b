"""The median stopping rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_grace_period
from hpobench.api import Problem, Scheduler
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Median(Scheduler):
    """Ray Tune's median rule: a trial stops if its best is worse than the median trial's mean.

    ``grace_period``: the first step at which a trial may be stopped, and also the first step
    whose loss counts in the means.
    ``min_samples_required``: the number of other trials that must have reached the same step
    before the rule decides about a trial.
    ``hard_stop``: whether a stopped trial ends. Otherwise it pauses, and it continues when no
    other trial is left to run.
    """

    name = "median"
    ends_trials = False
    # While the rule has too few samples, it pauses a trial in favour of a waiting one. A plain
    # tune.Tuner always asks for one trial ahead, so one always waits there; this does the same.
    lookahead = 1
    notes: ClassVar[tuple[str, ...]] = (
        "Its own cost is quadratic in the number of trials: each result looks at the means of "
        "all trials.",
        "While too few trials have come as far, a trial is paused after every step if others "
        "are waiting to run.",
        "The last result of a trial that the rule has stopped counts twice in that trial's mean.",
    )

    def __init__(
        self, *, grace_period: int = 1, min_samples_required: int = 3, hard_stop: bool = True
    ) -> None:
        if min_samples_required < 1:
            raise UsageError(
                f"median: min_samples_required must be at least 1, not {min_samples_required}"
            )
        self._grace_period = grace_period
        self._min_samples_required = min_samples_required
        self._hard_stop = hard_stop

    def check(self, problem: Problem) -> None:
        check_grace_period(self.name, self._grace_period, problem.fidelity)

    def build(self, problem: Problem) -> TrialScheduler:
        self.check(problem)
        from ray.tune.schedulers import MedianStoppingRule

        return MedianStoppingRule(
            time_attr="training_iteration",
            grace_period=self._grace_period,
            min_samples_required=self._min_samples_required,
            hard_stop=self._hard_stop,
        )

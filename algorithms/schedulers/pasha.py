"""Progressive asynchronous successive halving."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_grace_period, check_reduction_factor
from hpobench.algorithms.schedulers._rungs import NOTES, levels
from hpobench.api import Problem, Scheduler
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Pasha(Scheduler):
    """PASHA (Bohdal et al. 2023): ASHA by promotion whose trials train longer only if need be.

    Trials are promoted up to the second rung at first. The top rises by a rung whenever the ranking
    of the trials at the top is not the one that they had a rung below. Trials whose losses are
    closer than the noise, which is estimated from curves that cross back and forth, may change
    places.

    ``reduction_factor``: the ratio of the steps of neighbouring rungs, and the inverse of the share
    of trials that pass a rung.
    ``grace_period``: the first rung, in steps.
    ``percentile``: the percentile of the distances between crossing curves that counts as noise.
    """

    name = "pasha"
    notes: ClassVar[tuple[str, ...]] = (
        "Once rankings are stable no trial trains longer, so a run may never reach full fidelity; "
        "it saves time where the budget counts trials.",
        *NOTES,
    )

    def __init__(
        self, *, reduction_factor: float = 3, grace_period: int = 1, percentile: float = 90
    ) -> None:
        check_reduction_factor(self.name, reduction_factor)
        if not 0 <= percentile <= 100:
            raise UsageError(f"pasha: percentile must lie between 0 and 100, not be {percentile}")
        self._reduction_factor = reduction_factor
        self._grace_period = grace_period
        self._percentile = percentile

    def check(self, problem: Problem) -> None:
        check_grace_period(self.name, self._grace_period, problem.fidelity)

    def build(self, problem: Problem) -> TrialScheduler:
        self.check(problem)
        from hpobench.algorithms.schedulers._pasha import Progressive

        factor = self._reduction_factor
        return Progressive(
            levels=levels(problem.fidelity.steps, self._grace_period, factor),
            factor=factor,
            percentile=self._percentile,
        )

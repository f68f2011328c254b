"""Asynchronous successive halving by promotion."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_grace_period, check_reduction_factor
from hpobench.algorithms.schedulers._rungs import NOTES, levels
from hpobench.api import Problem, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class AshaPromote(Scheduler):
    """ASHA as published (Li et al. 2020): trials pause at rungs, and the best are promoted.

    A worker that becomes free goes on with the best paused trial that is among the best 1/factor
    of its rung, from the highest rung that has one; without any, it starts a new trial.

    ``reduction_factor``: the ratio of the steps of neighbouring rungs, and the inverse of the share
    of trials that pass a rung.
    ``grace_period``: the first rung, in steps.
    """

    name = "asha-promote"
    notes: ClassVar[tuple[str, ...]] = NOTES

    def __init__(self, *, reduction_factor: float = 3, grace_period: int = 1) -> None:
        check_reduction_factor(self.name, reduction_factor)
        self._reduction_factor = reduction_factor
        self._grace_period = grace_period

    def check(self, problem: Problem) -> None:
        check_grace_period(self.name, self._grace_period, problem.fidelity)

    def build(self, problem: Problem) -> TrialScheduler:
        self.check(problem)
        from hpobench.algorithms.schedulers._promotion import Promotion

        factor = self._reduction_factor
        return Promotion(
            levels=levels(problem.fidelity.steps, self._grace_period, factor), factor=factor
        )

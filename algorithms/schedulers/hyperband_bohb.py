"""Synchronous Hyperband that fills its largest bracket first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_reduction_factor
from hpobench.api import Problem, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class HyperBandBohb(Scheduler):
    """Ray Tune's HyperBandForBOHB: Hyperband that begins with the bracket of the shortest trials.

    ``reduction_factor``: the ratio of the steps of neighbouring rungs, and the inverse of the share
    of trials that pass a rung.
    """

    name = "hyperband-bohb"
    lookahead = 1
    notes: ClassVar[tuple[str, ...]] = (
        "Made for BOHB, it serves any searcher here: each is told when its trials pause and go on.",
        "A bracket that is not full when nothing else is left to run lets as many trials go on as "
        "a full one.",
        "Rungs are rounded down to whole steps, as under hyperband.",
        "Trials pause and go on, so problems that cannot save their state start them afresh.",
    )

    def __init__(self, *, reduction_factor: float = 3) -> None:
        check_reduction_factor(self.name, reduction_factor)
        self._reduction_factor = reduction_factor

    def build(self, problem: Problem) -> TrialScheduler:
        from ray.tune.schedulers import HyperBandForBOHB

        return HyperBandForBOHB(
            time_attr="training_iteration",
            max_t=problem.fidelity.steps,
            reduction_factor=self._reduction_factor,
        )

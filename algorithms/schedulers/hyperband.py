"""Synchronous Hyperband."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_reduction_factor
from hpobench.api import Problem, Scheduler

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class HyperBand(Scheduler):
    """Ray Tune's HyperBand: the trials of a bracket pause at each rung, and the best continue.

    ``reduction_factor``: the ratio of the steps of neighbouring rungs, and the inverse of the share
    of trials that pass a rung.
    """

    name = "hyperband"
    lookahead = 1
    notes: ClassVar[tuple[str, ...]] = (
        "It must never sit under a concurrency limiter: a bracket that cannot fill takes itself "
        "for complete, and every trial runs to the end as under fifo. The number of workers "
        "bounds what runs at once.",
        "Rungs are rounded down to whole steps. Unless the steps are a power of the factor, "
        "most brackets end below full fidelity: with 52 steps and factor 3 the last rungs are "
        "52, 51, 45 and 27.",
        "A bracket whose first rung rounds down to 0 steps is left out, by floating-point error "
        "even where it would be exactly 1: with 729 steps and factor 3.",
        "A bracket may not notice that the trial it waits for has failed (ray 2.60); its paused "
        "trials then wait for ever, and a cell with nothing else to run ends as failed.",
        "Trials pause and go on, so problems that cannot save their state start them afresh.",
    )

    def __init__(self, *, reduction_factor: float = 3) -> None:
        check_reduction_factor(self.name, reduction_factor)
        self._reduction_factor = reduction_factor

    def build(self, problem: Problem) -> TrialScheduler:
        from ray.tune.schedulers import HyperBandScheduler

        return HyperBandScheduler(
            time_attr="training_iteration",
            max_t=problem.fidelity.steps,
            reduction_factor=self._reduction_factor,
        )

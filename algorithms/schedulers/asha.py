"""Asynchronous successive halving."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_grace_period, check_reduction_factor
from hpobench.api import Fidelity, Problem, Scheduler
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Asha(Scheduler):
    """Ray Tune's ASHA: at each rung, stops a trial that is not in the best 1/factor so far.

    ``reduction_factor``: the distance between rungs and the share that passes one; 3 as in
    Hyperband, where Ray's own default is 4.
    ``grace_period``: the first rung, in steps.
    ``brackets``: ladders that start at the first, second, ... rung.
    """

    name = "asha"
    pauses = False
    notes: ClassVar[tuple[str, ...]] = (
        "This is the stopping variant: a trial that fails at a rung is stopped for good, never "
        "paused and promoted later as in the paper.",
        "The first trials to reach a rung have nothing to be compared with and always pass.",
        "With several brackets, each trial's bracket is drawn from NumPy's global generator, "
        "which the harness seeds for the cell; longer ladders are likelier.",
    )

    def __init__(
        self, *, reduction_factor: float = 3, grace_period: int = 1, brackets: int = 1
    ) -> None:
        check_reduction_factor(self.name, reduction_factor)
        if brackets < 1:
            raise UsageError(f"asha: brackets must be at least 1, not {brackets}")
        self._reduction_factor = reduction_factor
        self._grace_period = grace_period
        self._brackets = brackets

    def check(self, problem: Problem) -> None:
        check_grace_period(self.name, self._grace_period, problem.fidelity)
        self._check_brackets(problem.fidelity)

    def build(self, problem: Problem) -> TrialScheduler:
        self.check(problem)
        from ray.tune.schedulers import ASHAScheduler

        return ASHAScheduler(
            time_attr="training_iteration",
            max_t=problem.fidelity.steps,
            grace_period=self._grace_period,
            reduction_factor=self._reduction_factor,
            brackets=self._brackets,
        )

    def _check_brackets(self, fidelity: Fidelity) -> None:
        """Refuse brackets without a rung: Ray builds them, and they never stop a trial."""
        import numpy as np

        # Rungs of the first bracket, by Ray's formula and in its arithmetic.
        ratio = fidelity.steps / self._grace_period
        rungs = int(np.log(ratio) / np.log(self._reduction_factor) + 1)
        if self._brackets > rungs:
            raise UsageError(
                f"asha: {self._brackets} brackets need as many rungs, but grace_period "
                f"{self._grace_period} and reduction_factor {self._reduction_factor} make "
                f"{rungs} within {fidelity.steps} steps; ask for at most {rungs} brackets"
            )

"""Asynchronous successive halving."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hpobench.algorithms.schedulers._checks import check_grace_period, check_reduction_factor
from hpobench.api import Fidelity, Problem, Scheduler
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from ray.tune.schedulers import TrialScheduler


class Asha(Scheduler):
    """Ray Tune's ASHA: a trial stops at a rung unless it is among the best 1/factor so far.

    ``reduction_factor``: the ratio of the steps of neighbouring rungs, and the inverse of the share
    of trials that pass a rung. The default is 3 as in Hyperband; Ray's own default is 4.
    ``grace_period``: the first rung, in steps.
    ``brackets``: the number of brackets. The first one starts at the first rung, the second one
    at the second rung, and so on.
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
        """Refuse brackets without a rung: Ray accepts them, but they never stop a trial."""
        import numpy as np

        # This is Ray's formula for the rungs of the first bracket. It uses NumPy's logarithm as
        # Ray does, so that both round to the same number.
        ratio = fidelity.steps / self._grace_period
        rungs = int(np.log(ratio) / np.log(self._reduction_factor) + 1)
        if self._brackets > rungs:
            raise UsageError(
                f"asha: {self._brackets} brackets need as many rungs, but grace_period "
                f"{self._grace_period} and reduction_factor {self._reduction_factor} make "
                f"{rungs} within {fidelity.steps} steps; ask for at most {rungs} brackets"
            )

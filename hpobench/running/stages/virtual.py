"""The virtual stage: results on an event queue instead of Ray actors.

Time is the problem's recorded or modelled cost. Results are ordered by time, then in the order
in which their steps were begun. So a run is the same on any machine, however busy it is.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from hpobench.contract.cell import Budget
from hpobench.contract.errors import TrialError, describe
from hpobench.contract.losses import all_costs, all_floats, as_number, checked_cost
from hpobench.contract.problem import Curve, TabulatedProblem
from hpobench.contract.space import Config
from hpobench.running.stages.stage import Actor, TrainedStep, TrainingStage


class VirtualStage(TrainingStage):
    """A stage that looks results up in a table and lets the clock jump from one to the next."""

    # A table knows curves of whole configurations only: a clone goes on along its own.
    _clones_keep_states = False

    def __init__(
        self, problem: TabulatedProblem, *, seed: int, workers: int, budget: Budget
    ) -> None:
        super().__init__(problem, workers=workers, budget=budget)
        self._problem, self._seed = problem, seed
        self._failure_cost = problem.estimate() / problem.fidelity.steps
        self._queue: list[tuple[float, int, Actor, int, TrainedStep, Any, Any]] = []
        self._sequence = 0

    @property
    def training(self) -> bool:
        return bool(self._queue)

    def _begin_step(self, actor: Actor, on_result: Any, on_error: Any) -> None:
        assert actor.worker is not None
        try:
            if actor.state is None:
                actor.state = self._curve(actor.config)
            curve: list[_Values] | Curve = actor.state
            i = actor.step
            if i >= self._steps_of_trial:
                raise TrialError(f"the scheduler let the trial run past its last step, {i}")
            loss, heldout, cost = curve[i] if isinstance(curve, list) else _values(curve, i)
            step = TrainedStep(loss, heldout, cost, actor.worker)
        except TrialError as error:
            step = TrainedStep(math.nan, None, self._failure_cost, actor.worker, error)
        self._sequence += 1
        order = (self.now + step.cost, self._sequence)
        heapq.heappush(self._queue, (*order, actor, actor.tasks, step, on_result, on_error))

    def _next_step(self) -> bool:
        while self._queue:
            time, _, actor, tasks, step, on_result, on_error = self._queue[0]
            if tasks == actor.tasks and time > self._deadline:
                return self._expire()
            heapq.heappop(self._queue)
            if tasks == actor.tasks:
                self.now = time
                self._finish_step(actor, step, on_result, on_error)
                return True
        return False

    def _curve(self, config: Config) -> list[_Values] | Curve:
        """The values of all steps if they can be checked at once; otherwise the curve, each of
        whose steps is checked when it comes: a bad value fails the trial there and not before."""
        steps = self._steps_of_trial
        try:
            curve = self._problem.curve(config, self._seed)
            losses, costs = list(curve.losses), list(curve.costs)
            heldout = None if curve.heldout is None else list(curve.heldout)
        except Exception as error:
            raise TrialError(describe(error)) from error
        if not len(losses) == len(costs) == steps:
            raise TrialError(
                f"curve has {len(losses)} losses and {len(costs)} costs for {steps} steps"
            )
        if heldout is not None and len(heldout) != steps:
            raise TrialError(f"curve has {len(heldout)} held-out losses for {steps} steps")
        if (
            all_floats(losses)
            and math.isfinite(sum(losses))
            and all_floats(costs)
            and all_costs(costs)
            and (heldout is None or all_floats(heldout))
        ):
            aside: Sequence[float | None] = [None] * steps if heldout is None else heldout
            return list(zip(losses, aside, costs, strict=True))
        return Curve(losses, costs, heldout)


_Values: TypeAlias = tuple[float, float | None, float]
"""Loss, held-out loss and cost of a step."""


def _values(curve: Curve, i: int) -> _Values:
    loss = as_number(curve.losses[i], f"loss at step {i + 1}")
    if not math.isfinite(loss):
        raise TrialError(f"loss is {loss} at step {i + 1}")
    heldout = None
    if curve.heldout is not None:
        heldout = as_number(curve.heldout[i], f"held-out loss at step {i + 1}")
    return loss, heldout, checked_cost(curve.costs[i], i + 1)

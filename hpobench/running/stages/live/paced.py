"""A tabulated problem in real time: the live stage on known curves."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from hpobench.contract.numbers import checked_cost
from hpobench.contract.problem import TabulatedProblem
from hpobench.contract.space import Config
from hpobench.contract.training import TrainedProblem, Training


def begin_training(
    problem: TabulatedProblem | TrainedProblem, config: Config, seed: int, pace: float
) -> Training:
    """Begin a trial of ``problem``; one of a table is replayed at ``pace``."""
    if isinstance(problem, TabulatedProblem):
        return PacedTraining(problem, config, seed, pace)
    return problem.start(config, seed)


class PacedTraining(Training):
    """Waits as long as each step of the table cost, times ``pace``, and reports its loss.

    A clone goes on along the curve of its own configuration, as on the virtual stage.
    """

    def __init__(self, problem: TabulatedProblem, config: Config, seed: int, pace: float) -> None:
        self._curve = problem.curve(config, seed)
        self._pace = pace
        self._step = 0

    def step(self) -> Mapping[str, float]:
        curve, i = self._curve, self._step
        if self._pace:
            time.sleep(checked_cost(curve.costs[i], i + 1) * self._pace)
        self._step += 1
        metrics = {"loss": curve.losses[i]}
        return metrics if curve.heldout is None else {**metrics, "heldout": curve.heldout[i]}

    def save(self) -> bytes:
        return json.dumps(self._step).encode()

    def load(self, state: bytes) -> None:
        self._step = json.loads(state)

"""About what a cell costs: upper bounds from the median cost of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpobench.contract.budget import Budget
from hpobench.contract.errors import PluginError
from hpobench.contract.problem import Problem

MAX_SECONDS = 1e12
"""The most that one evaluation may take: 30,000 years."""


@dataclass(frozen=True)
class Estimate:
    """Upper bounds for one cell, by the median cost of an evaluation."""

    trials: float
    results: float
    clock: float
    """Seconds of the cell's clock."""

    @classmethod
    def of(cls, problem: Problem, budget: Budget, workers: int) -> Estimate:
        """The bounds that ``budget`` sets for ``workers`` on ``problem``.

        Raises :class:`PluginError` if the problem's own estimate makes no sense.
        """
        fidelity, seconds = problem.fidelity, float(problem.estimate())
        if not 0 < seconds <= MAX_SECONDS:
            raise PluginError(
                f"estimate() gives {seconds:g}; the seconds of an evaluation are positive and "
                f"at most {MAX_SECONDS:g}"
            )
        step = max(seconds / fidelity.steps, 1e-12)
        bounds = [budget.resource_limit(fidelity) / fidelity.unit]
        if budget.trials is not None:
            bounds.append(float(budget.trials * fidelity.steps))
        if budget.time is not None:
            bounds.append(budget.time / step * workers)
        results = min(bounds)
        return cls(
            trials=min(results, math.inf if budget.trials is None else budget.trials),
            results=results,
            clock=min(results * step / workers, budget.time or math.inf),
        )

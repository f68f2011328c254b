"""About what a cell costs: upper bounds from the median cost of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpobench.contract.budget import Budget
from hpobench.contract.errors import PluginError
from hpobench.contract.problem import Problem

MAX_RESULTS, MAX_TRIALS = 10_000_000, 1_000_000
"""The most of one cell, which ends as failed there. A result takes about 0.5 kB of memory, a trial
5 kB (docs/limits.md); a cost that is tiny beside a budget of time would fill the memory."""
MAX_SECONDS = 1e12
"""The most that one evaluation may take: 30,000 years."""


@dataclass(frozen=True)
class Estimate:
    """Upper bounds for one cell, by the median cost of an evaluation."""

    trials: float
    results: float
    clock: float
    """Seconds of the cell's clock."""

    @property
    def excess(self) -> str | None:
        """What of a cell may be more than it can have; ``None`` if nothing is."""
        if self.trials > MAX_TRIALS:
            return f"{self.trials:,.0f} trials, and ends at {MAX_TRIALS:,}"
        if self.results > MAX_RESULTS:
            return f"{self.results:,.0f} results, and ends at {MAX_RESULTS:,}"
        return None

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

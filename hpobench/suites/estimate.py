"""About what a cell costs: upper bounds from the median cost of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpobench.contract.cell import Budget
from hpobench.contract.errors import PluginError
from hpobench.contract.problem import Fidelity, Problem

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
    excess: str | None = None
    """What of a cell may be more than it can have, and what would fit; ``None`` if nothing is."""

    @classmethod
    def of(
        cls, problem: Problem, budget: Budget, workers: int, seconds: float | None = None
    ) -> Estimate:
        """The bounds that ``budget`` sets for ``workers`` on ``problem``, whose full evaluation
        takes ``seconds``, by default what it says itself; raises :class:`PluginError` if that
        makes no sense."""
        fidelity = problem.fidelity
        seconds = float(problem.estimate()) if seconds is None else seconds
        if not 0 < seconds <= MAX_SECONDS:
            raise PluginError(
                f"estimate() gives {seconds:g}; the seconds of an evaluation are positive and "
                f"at most {MAX_SECONDS:g}"
            )
        if fidelity.steps > MAX_RESULTS:
            raise PluginError(
                f"its fidelity has {fidelity.steps:,} steps; a trial has at most {MAX_RESULTS:,}"
            )
        step = max(seconds / fidelity.steps, 1e-12)  # a budget of time is divided by it
        bounds = [budget.resource_limit(fidelity) / fidelity.unit]
        if budget.trials is not None:
            bounds.append(float(budget.trials * fidelity.steps))
        if budget.time is not None:
            bounds.append(budget.time / step * workers)
        results = min(bounds)
        trials = min(results, math.inf if budget.trials is None else budget.trials)
        return cls(
            trials=trials,
            results=results,
            clock=min(results * step / workers, budget.time or math.inf),
            excess=_excess(trials, results, budget, fidelity),
        )


def certain_excess(budget: Budget, fidelity: Fidelity, *, in_full: bool) -> str | None:
    """What a cell is sure to have beyond what it can hold, and what would fit.

    ``in_full``: the scheduler lets every trial train to the end. ``None`` if the cell fits, or if
    nobody can know: under a budget of time, and where trials are stopped early.
    """
    # A searcher that runs out of configurations would end sooner, but then a smaller budget gives
    # it the same cell.
    if budget.time is not None:
        return None
    paid = budget.resource_limit(fidelity) / fidelity.unit  # every step is paid for
    started = math.inf if budget.trials is None else budget.trials
    results = min(paid, started * fidelity.steps if in_full else started)
    return _excess(min(started, paid / fidelity.steps), results, budget, fidelity)


def _excess(trials: float, results: float, budget: Budget, fidelity: Fidelity) -> str | None:
    for found, most, what in ((trials, MAX_TRIALS, "trials"), (results, MAX_RESULTS, "results")):
        if found < most:
            continue
        # A cell ends as failed at its limit itself, so that it must stay below.
        full = min(MAX_TRIALS - 1, (MAX_RESULTS - 1) // fidelity.steps)
        if budget.trials is not None:
            fits = f"{full:,} trials"
        elif budget.time is not None:
            fits = f"{0.99 * (most / found) * budget.time:.3g} s"
        elif budget.evaluations is not None:
            fits = f"{full:,} evaluations"
        else:
            fits = f"a resource of {full * fidelity.full:g}"
        return f"{found:,.0f} {what}, and a cell ends at {most:,}; {fits} would fit"
    return None

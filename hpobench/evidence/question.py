"""What somebody asks advice for: a problem, and what may be spent on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpobench.contract.errors import UsageError
from hpobench.evidence.archive import BUDGETS
from hpobench.evidence.features import Features


@dataclass(frozen=True)
class Question:
    """A problem with these features, tuned by ``workers`` at a time for ``evaluations`` full
    trials' worth of training.

    ``trial_time``: seconds that a full trial takes, if that is known.
    """

    features: Features
    evaluations: float
    workers: int
    trial_time: float | None = None

    def __post_init__(self) -> None:
        if not self.features.dimensions:
            raise UsageError("a space without parameters needs no searcher")
        if not (math.isfinite(self.evaluations) and self.evaluations >= 1):
            raise UsageError(
                f"the budget is worth {self.evaluations:g} full trials; advice begins at one"
            )

    @property
    def budget(self) -> float:
        """The budget at which the evidence is read: its last one where more is asked for."""
        return min(self.evaluations, float(BUDGETS[-1]))


def affordable(budget: float, trial_time: float, workers: int) -> float:
    """The full trials that ``workers`` can make in ``budget`` seconds."""
    if not (math.isfinite(trial_time) and trial_time > 0):
        raise UsageError("the time of a trial must be more than nothing")
    return budget * workers / trial_time

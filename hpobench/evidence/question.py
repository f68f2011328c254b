"""A question for advice: a problem, and what may be spent on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hpobench.contract.errors import UsageError
from hpobench.evidence.archive import BUDGETS
from hpobench.evidence.features import Features
from hpobench.evidence.scores import FloatArray


@dataclass(frozen=True)
class Question:
    """A problem with these features, tuned by ``workers`` at a time for ``evaluations`` full
    evaluations.

    ``noisy``: whether the reported loss is only an estimate of the one that counts.
    ``trial_time``: seconds that a full evaluation takes, if that is known.
    ``names``: the names of the parameters, if they are known, by which a model is recognised.
    """

    features: Features
    evaluations: float
    workers: int
    noisy: bool = False
    trial_time: float | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.features.dimensions:
            raise UsageError("a space without parameters needs no searcher")
        if not (math.isfinite(self.evaluations) and self.evaluations >= 1):
            raise UsageError(
                f"the budget is worth {self.evaluations:g} full evaluations; advice begins at one"
            )

    @property
    def budget(self) -> float:
        """The budget at which the evidence is read: its last one if the question has more."""
        return min(self.evaluations, float(BUDGETS[-1]))

    def reached(self, thinking: FloatArray, most: float = math.inf) -> FloatArray:
        """The full evaluations, at ``most``, that fit into the time for ``evaluations``, by
        searchers that think for ``thinking`` seconds for each."""
        if self.trial_time is None:
            return np.full(thinking.shape, min(self.evaluations, most))
        # A searcher answers one worker after the other, so that workers wait for slow searchers.
        alone = self.trial_time / (self.trial_time + thinking)
        queued = self.trial_time / np.maximum(self.workers * thinking, 1e-12)
        return np.minimum(self.evaluations * np.minimum(alone, queued), most)

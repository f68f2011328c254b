"""A candidate of a search as a trial: a problem of the live stage."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from hpobench.bridges.search_cv.resource import Resource
from hpobench.bridges.search_cv.search_space import SearchSpace
from hpobench.bridges.search_cv.task import Task
from hpobench.contract.errors import TrialError, describe
from hpobench.contract.problem import Fidelity
from hpobench.contract.space import Config
from hpobench.contract.training import TrainedProblem, Training

LADDER = 3
"""A candidate is scored with 1/9, 1/3 and all of the resource: at powers of this."""


class CandidateProblem(TrainedProblem):
    """A candidate is a trial; its loss is the negated mean score over the splits.

    With ``steps`` above 1 a trial trains in as many parts. It is fitted and scored at the powers of
    :data:`LADDER`, where schedulers decide; in between the last score stands.
    """

    name = "search-cv"

    def __init__(
        self, task: Task, search_space: SearchSpace, resource: Resource | None, steps: int
    ) -> None:
        self.task, self.search_space, self.resource = task, search_space, resource
        self.space = search_space.space
        self.fidelity = Fidelity(resource.name if resource else "evaluation", steps)
        self.rungs = {steps, *(LADDER**i for i in range(steps) if LADDER**i < steps)}

    def start(self, config: Config, seed: int) -> Training:  # noqa: ARG002 - estimators have theirs
        return _Candidate(self, self.search_space.params(config))


class _Candidate(Training):
    """The trial of one candidate."""

    def __init__(self, problem: CandidateProblem, params: Mapping[str, Any]) -> None:
        self._problem, self._params = problem, params
        self._kept: list[Any] = [None] * len(problem.task.splits)
        self._step, self._loss = 0, math.nan

    def step(self) -> Mapping[str, float]:
        self._step += 1
        self.note = None
        if self._step in self._problem.rungs:
            self._loss = self._evaluate(self._step / self._problem.fidelity.steps)
        return {"loss": self._loss}

    def _evaluate(self, share: float) -> float:
        task, resource = self._problem.task, self._problem.resource
        try:
            fits = []
            for split, kept in enumerate(self._kept):
                if resource is None:
                    fit = task.fit_and_score(split, self._params)
                else:
                    fit, self._kept[split] = resource.fit(task, self._params, split, share, kept)
                fits.append(fit)
        except Exception as error:
            task.raised, self.note = error, {"raised": describe(error)}
            raise
        amount = resource.amount(task, self._params, share) if resource else 1
        self.note = {"share": share, "resource": amount, "fits": fits}
        scores = [score_of(fit["test_scores"], task.metric) for fit in fits]
        if not all(map(math.isfinite, scores)):
            raise TrialError(f"scores are {scores}")
        return -fmean(scores)

    def save(self) -> bytes:
        """The last score alone: the next part is trained from the start."""
        return json.dumps([self._step, self._loss]).encode()

    def load(self, state: bytes) -> None:
        self._step, self._loss = json.loads(state)


def score_of(scores: Any, metric: str | None) -> float:
    """The score that is maximised; by default the first of several."""
    if not isinstance(scores, Mapping):
        return float(scores)
    return float(scores[metric] if metric in scores else next(iter(scores.values())))

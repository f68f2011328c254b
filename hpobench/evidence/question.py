"""Questions for advice: a problem and what may be spent on it, made of what users have.

Users have plain numbers, a space, or the problems of a suite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from hpobench.contract.errors import UsageError
from hpobench.contract.space import Space
from hpobench.evidence.archive import BUDGETS
from hpobench.evidence.features import Features, features_of
from hpobench.evidence.scores import FloatArray
from hpobench.suites.estimate import Estimate
from hpobench.suites.suite import Suite

WORKERS = 4
"""The trials at a time where the user names no number."""


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


@dataclass(frozen=True)
class Spending:
    """What may be spent on a problem; ``None`` where the user did not say."""

    evaluations: float | None = None
    """In full evaluations."""
    budget: float | None = None
    """Seconds for all trials."""
    trial_time: float | None = None
    """Seconds of a full evaluation."""
    workers: int | None = None
    noisy: bool = False
    steps: int | None = None
    """The steps of a trial, after each of which it can be stopped."""

    def question(self, features: Features, names: Iterable[str] = ()) -> Question:
        """The question about a problem with these ``features`` and parameter ``names``.

        Raises :class:`UsageError` unless exactly one budget is given, and for impossible values.
        """
        workers = WORKERS if self.workers is None else self.workers
        if self.trial_time is not None and not (0 < self.trial_time < math.inf):
            raise UsageError("the time of a trial must be positive and finite")
        for name, value in (("workers", workers), ("steps", self.steps)):
            if value is not None and value < 1:
                raise UsageError(f"{name} must be at least 1, not {value!r}")
        evaluations = self.evaluations
        if evaluations is None:
            if self.budget is None or self.trial_time is None:
                raise UsageError(
                    "say what may be spent: --evaluations 50, or --budget 3h with --trial-time 4min"
                )
            evaluations = self.budget * workers / self.trial_time
        elif self.budget is not None:
            raise UsageError("give either --budget or --evaluations, not both")
        names = tuple(names)
        return Question(features, evaluations, workers, self.noisy, self.trial_time, names)


def of_counts(
    spending: Spending, floats: int, ints: int, categories: int, logs: int | None, conditional: bool
) -> Question:
    """The question of a space with so many parameters of each kind; by default half of the real
    ones are on a logarithmic scale."""
    if not floats + ints + categories:
        raise UsageError(
            "say what is tuned: a suite, a table of trials with --trials, or the numbers of "
            "parameters with --floats, --ints and --categories"
        )
    if logs is not None and logs > floats + ints:
        raise UsageError(f"{logs} of {floats + ints} numbers cannot be logarithmic")
    logs = floats // 2 if logs is None else logs
    features = Features(floats, ints, categories, logs, conditional, spending.steps or 1)
    return spending.question(features)


def of_space(space: Space, spending: Spending) -> Question:
    """The question of ``space``."""
    return spending.question(features_of(space, spending.steps or 1), space.names)


def of_suite(suite: Suite, spending: Spending) -> list[tuple[str, Question]]:
    """The question of each problem of ``suite``, by its label. Its budget, workers and steps are
    those of the suite where ``spending`` does not say otherwise."""
    from hpobench.plugins.building import build_problem

    found = []
    for ref in suite.problems:
        problem = build_problem(ref)
        steps = spending.steps or problem.fidelity.steps
        own = replace(spending, workers=spending.workers or suite.workers[0], steps=steps)
        if spending.evaluations is None and spending.budget is None:
            results = Estimate.of(problem, suite.budgets[ref.label], suite.workers[0]).results
            # Advice begins at one full evaluation.
            own = replace(own, evaluations=max(1.0, results / problem.fidelity.steps))
        found.append((ref.label, of_space(problem.space, own)))
    return found

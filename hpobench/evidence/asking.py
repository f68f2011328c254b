"""Questions from what people have: plain options, a space, the problems of a suite."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hpobench.contract.errors import UsageError
from hpobench.contract.space import Space
from hpobench.evidence.features import Features, features_of
from hpobench.evidence.question import Question, affordable
from hpobench.suites.estimate import Estimate
from hpobench.suites.suite import Suite

WORKERS = 4
"""Trials at a time, where nothing is said of them."""


@dataclass(frozen=True)
class Means:
    """What may be spent on a problem; ``None`` where it was not said."""

    evaluations: float | None = None
    """In full evaluations."""
    budget: float | None = None
    """Seconds for all trials."""
    trial_time: float | None = None
    """Seconds of a full evaluation."""
    workers: int | None = None
    noisy: bool = False
    steps: int | None = None
    """Steps of a trial, at which it can be stopped."""

    def question(self, features: Features, names: Iterable[str] = ()) -> Question:
        """Raises :class:`UsageError` where it is not said what may be spent, or said twice."""
        workers = WORKERS if self.workers is None else self.workers
        if self.trial_time is not None and not (0 < self.trial_time < math.inf):
            raise UsageError("the time of a trial must be more than nothing")
        for name, value in (("workers", workers), ("steps", self.steps)):
            if value is not None and value < 1:
                raise UsageError(f"{name} must be at least 1, not {value!r}")
        return Question(
            features,
            self._evaluations(workers),
            workers,
            self.noisy,
            trial_time=self.trial_time,
            names=tuple(names),
        )

    def _evaluations(self, workers: int) -> float:
        if self.evaluations is not None:
            if self.budget is not None:
                raise UsageError("--budget and --evaluations say the same; give one of them")
            return self.evaluations
        if self.budget is None or self.trial_time is None:
            raise UsageError(
                "say what may be spent: --evaluations 50, or --budget 3h with --trial-time 4min"
            )
        return affordable(self.budget, self.trial_time, workers)


def of_counts(
    means: Means, *, floats: int, ints: int, categories: int, logs: int | None, conditional: bool
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
    return means.question(Features(floats, ints, categories, logs, conditional, means.steps or 1))


def of_space(space: Space, means: Means) -> Question:
    """The question of ``space``."""
    return means.question(features_of(space, means.steps or 1), space.names)


def of_suite(suite: Suite, means: Means) -> list[tuple[str, Question]]:
    """The question of each problem of ``suite``, by its label. Its budget, workers and steps are
    those of the suite where ``means`` does not say otherwise."""
    from hpobench.plugins.build import build_problem

    found = []
    for ref in suite.problems:
        problem = build_problem(ref)
        steps = means.steps or problem.fidelity.steps
        own = replace(means, workers=means.workers or suite.workers[0], steps=steps)
        if means.evaluations is None and means.budget is None:
            results = Estimate.of(problem, suite.budgets[ref.label], suite.workers[0]).results
            own = replace(own, evaluations=max(1.0, results / problem.fidelity.steps))
        found.append((ref.label, of_space(problem.space, own)))
    return found

"""Questions from what people have: options, a space, a suite."""

from __future__ import annotations

from dataclasses import dataclass

from hpobench.contract.errors import UsageError
from hpobench.evidence.features import Features, features_of
from hpobench.evidence.question import Question, affordable
from hpobench.suites.suite import Suite


@dataclass(frozen=True)
class Asked:
    """The plain options of ``hpobench recommend``; ``None`` where one was not given."""

    floats: int = 0
    ints: int = 0
    categories: int = 0
    logs: int | None = None
    conditional: bool = False
    steps: int = 1
    trial_time: float | None = None
    budget: float | None = None
    evaluations: float | None = None
    workers: int = 4

    def question(self) -> Question:
        """Raises :class:`UsageError` for options that contradict each other."""
        numbers = self.floats + self.ints
        if self.logs is not None and self.logs > numbers:
            raise UsageError(f"{self.logs} of {numbers} numbers cannot be logarithmic")
        logs = self.floats // 2 if self.logs is None else self.logs
        features = Features(
            self.floats, self.ints, self.categories, logs, self.conditional, self.steps
        )
        return Question(features, self._evaluations(), self.workers, self.trial_time)

    def _evaluations(self) -> float:
        if self.evaluations is not None:
            if self.budget is not None:
                raise UsageError("--budget and --evaluations say the same; give one of them")
            return self.evaluations
        if self.budget is None or self.trial_time is None:
            raise UsageError(
                "say what may be spent: --evaluations 50, or --budget 3h with --trial-time 4min"
            )
        return affordable(self.budget, self.trial_time, self.workers)


def of_suite(suite: Suite) -> list[tuple[str, Question]]:
    """The question of each problem of ``suite``, by its label."""
    from hpobench.plugins.build import build_problem

    found = []
    for ref in suite.problems:
        problem, budget = build_problem(ref), suite.budgets[ref.label]
        evaluations = budget.evaluations or budget.trials
        if evaluations is None and budget.resource is not None:
            evaluations = budget.resource / problem.fidelity.full
        if evaluations is None:
            raise UsageError(
                f"{ref.label}: a budget of time alone says nothing of trials; give the suite one "
                "of evaluations, or ask with --budget and --trial-time"
            )
        features = features_of(problem.space, problem.fidelity.steps)
        found.append((ref.label, Question(features, evaluations, suite.workers[0])))
    return found

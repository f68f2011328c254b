"""A suite's cells: what runs, what is skipped and why, and about what it costs."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from hpobench.api import Budget, Problem, Scheduler, TrainedProblem
from hpobench.cell import Cell, Kind, Use
from hpobench.compatibility import trait, verdict
from hpobench.errors import HpobenchError, NotAvailableError, SuiteError, UsageError
from hpobench.identity import cell_id
from hpobench.options import build_problem, build_scheduler
from hpobench.registry import load_class
from hpobench.suite import Suite

T = TypeVar("T")


@dataclass(frozen=True)
class Skipped:
    """A combination, by its labels, that does not run, with any seed."""

    searcher: str
    scheduler: str
    problem: str
    reason: str


@dataclass(frozen=True)
class Estimate:
    """Upper bounds for one cell, as far as a median cost per evaluation tells."""

    trials: float
    results: float
    clock: float
    """Seconds of the cell's clock."""

    @classmethod
    def of(cls, problem: Problem, budget: Budget, workers: int) -> Estimate:
        """What ``budget`` lets ``workers`` do on ``problem``."""
        fidelity = problem.fidelity
        step = max(problem.estimate() / fidelity.steps, 1e-12)
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


@dataclass(frozen=True)
class Plan:
    """What a suite comes to."""

    cells: tuple[Cell, ...]
    """By seed, then problem, scheduler, searcher: whenever a run is cut short, the cells done
    compare everything with everything on the first seeds."""
    skipped: tuple[Skipped, ...]
    problems: tuple[Use, ...]
    """Those that have cells, in the suite's order."""
    estimates: Mapping[str, Estimate]
    """For one cell, by the label of its problem."""

    @property
    def total(self) -> Estimate:
        """The sum over all cells; its clock is what one cell after the other would take."""
        rows = [self.estimates[cell.problem.label] for cell in self.cells]
        return Estimate(
            trials=sum(row.trials for row in rows),
            results=sum(row.results for row in rows),
            clock=sum(row.clock for row in rows),
        )


def build_plan(suite: Suite) -> Plan:
    """The cells of ``suite``.

    ``suite.only`` is a glob of ``*`` and ``?`` that the labels of a cell must match in the form
    ``searcher/scheduler/problem``; brackets stand for themselves, for labels have them.

    Raises :class:`SuiteError` where a plugin refuses its options and where nothing is left.
    """
    grid = _Grid(suite)
    skipped, picked = [], []
    for problem in suite.problems:
        for scheduler in suite.schedulers:
            for searcher in suite.searchers:
                if not _matches(suite.only, searcher, scheduler, problem):
                    continue
                reason = grid.why_not(searcher, scheduler, problem)
                if reason is None:
                    picked.append((searcher, scheduler, problem))
                else:
                    labels = (searcher.label, scheduler.label, problem.label)
                    skipped.append(Skipped(*labels, reason))
    if not picked:
        raise SuiteError(_nothing_left(suite, skipped), file=suite.file)
    problems = tuple(dict.fromkeys(problem.label for _, _, problem in picked))
    data = {label: grid.fingerprint(label) for label in problems}
    cells = tuple(
        _cell(suite, *row, seed, data[row[2].label]) for seed in suite.seeds for row in picked
    )
    return Plan(
        cells,
        tuple(skipped),
        tuple(use for use in suite.problems if use.label in problems),
        {label: grid.estimates[label] for label in problems},
    )


def _cell(suite: Suite, searcher: Use, scheduler: Use, problem: Use, seed: int, data: str) -> Cell:
    budget = suite.budgets[problem.label]
    name, spec = cell_id(
        searcher, scheduler, problem, seed, budget, suite.workers, suite.stage, suite.tell, data
    )
    return Cell(
        id=name,
        searcher=searcher,
        scheduler=scheduler,
        problem=problem,
        seed=seed,
        budget=budget,
        workers=suite.workers,
        stage=suite.stage,
        tell=suite.tell,
        spec=spec,
    )


def _matches(only: str | None, *uses: Use) -> bool:
    if only is None:
        return True
    pattern = only.replace("[", "[[]")
    return fnmatch.fnmatchcase("/".join(use.label for use in uses), pattern)


def _nothing_left(suite: Suite, skipped: list[Skipped]) -> str:
    if not skipped:
        uses = (suite.searchers[0], suite.schedulers[0], suite.problems[0])
        example = "/".join(use.label for use in uses)
        return f"--only {suite.only!r} picks no cell; cells are called like {example!r}"
    reasons = "; ".join(dict.fromkeys(row.reason for row in skipped))
    return f"nothing is left to run: {reasons}"


class _Grid:
    """The suite's plugins, each built and asked once whether it can run here."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._reasons: dict[tuple[Kind, str], str | None] = {}
        self._problems: dict[str, Problem] = {}
        self._schedulers: dict[str, Scheduler] = {}
        self.estimates: dict[str, Estimate] = {}
        for use in (*suite.searchers, *suite.schedulers, *suite.problems):
            self._reasons[use.kind, use.label] = self._missing(use)

    def fingerprint(self, problem: str) -> str:
        return self._problems[problem].fingerprint()

    def why_not(self, searcher: Use, scheduler: Use, problem: Use) -> str | None:
        """Why the combination makes no sense or cannot run here."""
        for use in (searcher, scheduler, problem):
            if (reason := self._reasons[use.kind, use.label]) is not None:
                return f"{use.kind} {use.name}: {reason}"
        return next(self._misfits(searcher, scheduler, self._problems[problem.label]), None)

    def _misfits(self, searcher: Use, scheduler: Use, problem: Problem) -> Iterator[str]:
        search, schedule = (load_class(use.file, use.cls) for use in (searcher, scheduler))
        if problem.space.conditional and not trait(search, "conditional"):
            yield "the space has conditions, which the searcher does not understand"
        if trait(schedule, "needs_fidelity") and problem.fidelity.steps == 1:
            yield "the scheduler decides between steps, and the problem has only one"
        judged = verdict(search, schedule)
        if judged.level == "refused":
            yield judged.text
        try:
            self._schedulers[scheduler.label].check(problem.fidelity)
        except UsageError as error:
            yield str(error)

    def _missing(self, use: Use) -> str | None:
        reason = self._suite.registry.find(use.kind, use.name).missing()
        if reason is not None or use.kind == "searcher":
            return reason
        try:
            if use.kind == "scheduler":
                self._schedulers[use.label] = self._built(use, build_scheduler)
                return None
            problem = self._problems[use.label] = self._built(use, build_problem)
            self.estimates[use.label] = self._built(use, self._estimate)
        except NotAvailableError as error:
            return str(error)
        return self._unfit(use, problem)

    def _estimate(self, use: Use) -> Estimate:
        budget = self._suite.budgets[use.label]
        return Estimate.of(self._problems[use.label], budget, self._suite.workers)

    def _unfit(self, use: Use, problem: Problem) -> str | None:
        if isinstance(problem, TrainedProblem) and self._suite.stage == "virtual":
            return "it trains for real, which needs the live stage"
        limit = self._suite.budgets[use.label].resource_limit(problem.fidelity)
        if limit < problem.fidelity.unit:
            return (
                f"the budget of {limit:g} {problem.fidelity.name}s does not pay for one step "
                f"of {problem.fidelity.unit:g}"
            )
        return None

    def _built(self, use: Use, build: Callable[[Use], T]) -> T:
        try:
            return build(use)
        except NotAvailableError:
            raise
        except HpobenchError as error:
            raise self._suite.fault(use, str(error)) from error
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise self._suite.fault(use, f"cannot be built with these options: {reason}") from error

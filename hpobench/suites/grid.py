"""A suite's cells: what runs, what is skipped and why, and about what it costs."""

from __future__ import annotations

import fnmatch
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.budget import Budget
from hpobench.contract.cell import Cell, Kind, PluginRef, Tell
from hpobench.contract.errors import (
    HpobenchError,
    NotAvailableError,
    PluginError,
    SuiteError,
    UsageError,
)
from hpobench.contract.parameters import Float
from hpobench.contract.problem import Problem
from hpobench.contract.space import Space
from hpobench.contract.training import TrainedProblem
from hpobench.plugins.build import build_problem, build_scheduler, build_searcher
from hpobench.plugins.compatibility import compatibility, trait
from hpobench.plugins.isolation.script import read_script
from hpobench.plugins.modules import load_class
from hpobench.plugins.options import is_ray
from hpobench.suites.identity import cell_id
from hpobench.suites.suite import Suite

T = TypeVar("T")

MAX_SECONDS = 1e12
"""Of one evaluation: 30,000 years."""
_PLAIN = Space([Float("x", 0.0, 1.0)])
"""What a searcher is tried on to tell impossible options from a space that it does not take."""
_BUILT = "cannot be built with these options"


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
        """What ``budget`` lets ``workers`` do on ``problem``.

        Raises :class:`PluginError` where the problem's own estimate makes no sense.
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


@dataclass(frozen=True)
class Plan:
    """What a suite comes to."""

    cells: tuple[Cell, ...]
    """By seed, then workers, problem, scheduler, searcher: whenever a run is cut short, the cells
    done compare everything with everything on the first seeds."""
    skipped: tuple[Skipped, ...]
    problems: tuple[PluginRef, ...]
    """Those that have cells, in the suite's order."""
    estimates: Mapping[tuple[str, int], Estimate]
    """For one cell, by the label of its problem and its workers."""

    @property
    def total(self) -> Estimate:
        """The sum over all cells; its clock is what one cell after the other would take."""
        rows = [self.estimates[cell.problem.label, cell.workers] for cell in self.cells]
        return Estimate(
            trials=sum(row.trials for row in rows),
            results=sum(row.results for row in rows),
            clock=sum(row.clock for row in rows),
        )


def build_plan(suite: Suite) -> Plan:
    """The cells of ``suite``.

    ``suite.only`` is a glob of ``*`` and ``?`` that the labels of a cell must match in the form
    ``searcher/scheduler/problem``; brackets stand for themselves, for labels have them.

    Every searcher is built once for each distinct space, so that options which cannot work are
    known before anything runs; Ray's own and isolated ones are not, for that would import their
    libraries. Raises
    :class:`SuiteError` where a plugin refuses its options and where nothing is left.
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
    cells = tuple(
        _cell(suite, *row, seed, workers, grid.fingerprints[row[2].label])
        for seed in suite.seeds
        for workers in suite.workers
        for row in picked
    )
    return Plan(
        cells,
        tuple(skipped),
        tuple(ref for ref in suite.problems if ref.label in problems),
        {(label, n): grid.estimates[label, n] for label in problems for n in suite.workers},
    )


def _cell(
    suite: Suite,
    searcher: PluginRef,
    scheduler: PluginRef,
    problem: PluginRef,
    seed: int,
    workers: int,
    data: str,
) -> Cell:
    budget = suite.budgets[problem.label]
    learns = trait(load_class(searcher.file, searcher.cls), "multi_fidelity")
    tell: Tell = suite.tell or ("every" if learns else "last")
    name, spec = cell_id(
        searcher,
        scheduler,
        problem,
        seed,
        budget,
        workers,
        suite.stage,
        tell,
        data,
        suite.real_time(),
    )
    return Cell(
        id=name,
        searcher=searcher,
        scheduler=scheduler,
        problem=problem,
        seed=seed,
        budget=budget,
        workers=workers,
        stage=suite.stage,
        tell=tell,
        **suite.real_time(),
        spec=spec,
    )


def _matches(only: str | None, *refs: PluginRef) -> bool:
    if only is None:
        return True
    pattern = only.replace("[", "[[]")
    return fnmatch.fnmatchcase("/".join(ref.label for ref in refs), pattern)


def _nothing_left(suite: Suite, skipped: list[Skipped]) -> str:
    if not skipped:
        refs = (suite.searchers[0], suite.schedulers[0], suite.problems[0])
        example = "/".join(ref.label for ref in refs)
        return f"only: {suite.only!r} picks no cell; cells are called like {example!r}"
    reasons = "; ".join(dict.fromkeys(row.reason for row in skipped))
    return f"nothing is left to run: {reasons}"


class _Grid:
    """The suite's plugins, each built and asked once whether it can run here."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._reasons: dict[tuple[Kind, str], str | None] = {}
        self._problems: dict[str, Problem] = {}
        self._schedulers: dict[str, Scheduler] = {}
        self._shapes: dict[str, str] = {}
        """Space and fidelity of a problem, by its label."""
        self._refusals: dict[tuple[str, str], str | None] = {}
        """By the label of a searcher and the shape of a problem."""
        self.estimates: dict[tuple[str, int], Estimate] = {}
        self.fingerprints: dict[str, str] = {}
        for ref in (*suite.searchers, *suite.schedulers, *suite.problems):
            self._reasons[ref.kind, ref.label] = self._missing(ref)

    def why_not(self, searcher: PluginRef, scheduler: PluginRef, problem: PluginRef) -> str | None:
        """Why the combination makes no sense or cannot run here."""
        for ref in (searcher, scheduler, problem):
            if (reason := self._reasons[ref.kind, ref.label]) is not None:
                return f"{ref.kind} {ref.name}: {reason}"
        made = self._problems[problem.label]
        for reason in self._misfits(searcher, scheduler, made):
            return reason
        key = (searcher.label, self._shapes[problem.label])
        if key not in self._refusals:
            self._refusals[key] = self._refusal(searcher, made)
        return self._refusals[key]

    def _misfits(
        self, searcher: PluginRef, scheduler: PluginRef, problem: Problem
    ) -> Iterator[str]:
        search, schedule = (load_class(ref.file, ref.cls) for ref in (searcher, scheduler))
        if problem.space.conditional and not trait(search, "conditional"):
            yield "the space has conditions, which the searcher does not understand"
        if trait(schedule, "needs_fidelity") and problem.fidelity.steps == 1:
            yield "the scheduler decides between steps, and the problem has only one"
        judged = compatibility(search, schedule)
        if judged.level == "refused":
            yield judged.text
        yield from self._asked(
            scheduler, "check() failed", lambda: self._objections(scheduler, problem)
        )

    def _objections(self, scheduler: PluginRef, problem: Problem) -> tuple[str, ...]:
        try:
            self._schedulers[scheduler.label].check(problem)
        except UsageError as error:
            return (str(error),)
        return ()

    def _missing(self, ref: PluginRef) -> str | None:
        reason = self._suite.registry.find(ref.kind, ref.name).missing()
        if reason is not None or ref.kind == "searcher":
            return reason
        try:
            if ref.kind == "scheduler":
                self._schedulers[ref.label] = self._asked(ref, _BUILT, lambda: build_scheduler(ref))
                return None
            problem = self._asked(ref, _BUILT, lambda: build_problem(ref))
            self._problems[ref.label] = problem
            self._shapes[ref.label] = f"{problem.space!r} {problem.fidelity!r}"
            estimates = self._asked(
                ref, "estimate() failed", lambda: self._estimates(ref.label, problem)
            )
            self.estimates.update(estimates)
            self.fingerprints[ref.label] = self._asked(
                ref, "fingerprint() failed", lambda: _fingerprint(problem)
            )
        except NotAvailableError as error:
            return str(error)
        return self._unfit(ref, problem)

    def _estimates(self, label: str, problem: Problem) -> dict[tuple[str, int], Estimate]:
        budget = self._suite.budgets[label]
        return {(label, n): Estimate.of(problem, budget, n) for n in self._suite.workers}

    def _refusal(self, searcher: PluginRef, problem: Problem) -> str | None:
        """Why the searcher cannot be built for the problem; raises :class:`SuiteError` where it
        cannot be built for the plainest space either."""
        cls = load_class(searcher.file, searcher.cls)
        if is_ray(cls):
            return None
        if issubclass(cls, Searcher):
            reason = self._asked(
                searcher,
                "misfit() failed",
                lambda: cls.unsupported_reason(problem.space, problem.fidelity, searcher.options),
            )
            if reason is not None:
                return f"searcher {searcher.name}: {reason}"
        if read_script(Path(searcher.file)):
            return None
        build = functools.partial(build_searcher, searcher, seed=0, fidelity=problem.fidelity)
        try:
            build(problem.space).close()
        except NotAvailableError as error:
            return f"searcher {searcher.name}: {error}"
        except Exception as error:
            self._asked(searcher, _BUILT, lambda: build(_PLAIN).close())
            told = "" if isinstance(error, HpobenchError) else f"{type(error).__name__}: "
            return f"the searcher does not take the problem: {told}{error}"
        return None

    def _unfit(self, ref: PluginRef, problem: Problem) -> str | None:
        if isinstance(problem, TrainedProblem) and self._suite.stage == "virtual":
            return "it trains for real, which needs 'stage: live'"
        limit = self._suite.budgets[ref.label].resource_limit(problem.fidelity)
        if limit < problem.fidelity.unit:
            return (
                f"the budget of {limit:g} {problem.fidelity.name}s does not pay for one step "
                f"of {problem.fidelity.unit:g}"
            )
        return None

    def _asked(self, ref: PluginRef, failed: str, call: Callable[[], T]) -> T:
        """What ``call`` gives; its errors are faults of ``use``."""
        try:
            return call()
        except NotAvailableError:
            raise
        except HpobenchError as error:
            raise self._suite.fault(ref, str(error)) from error
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise self._suite.fault(ref, f"{failed}: {reason}") from error


def _fingerprint(problem: Problem) -> str:
    data: object = problem.fingerprint()
    if not isinstance(data, str):
        raise PluginError(f"fingerprint() gives {data!r:.60}; it must be a text")
    return data

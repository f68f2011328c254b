"""The plan of a suite: the cells that run, what is skipped and why, and about what it costs."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hpobench.contract.cell import Budget, PluginRef, Tell
from hpobench.contract.errors import SuiteError
from hpobench.plugins.compatibility import trait
from hpobench.plugins.modules import load_class
from hpobench.suites.cell_grid import CellGrid, Combination
from hpobench.suites.estimate import Estimate
from hpobench.suites.identity import cell_ids
from hpobench.suites.screening import Screening
from hpobench.suites.suite import Suite

Row: TypeAlias = tuple[PluginRef, PluginRef, PluginRef]
"""A searcher, a scheduler and a problem."""


@dataclass(frozen=True)
class Skipped:
    """A combination, by its labels, that does not run, with any seed."""

    searcher: str
    scheduler: str
    problem: str
    reason: str


@dataclass(frozen=True, repr=False)
class Plan:
    """The cells of a suite."""

    cells: CellGrid
    """Sorted by seed, then workers, problem, scheduler and searcher: a run that is cut short has
    then compared everything with everything on the first seeds."""
    skipped: tuple[Skipped, ...]
    problems: tuple[PluginRef, ...]
    """The problems that have cells, in the suite's order."""
    estimates: Mapping[tuple[str, int], Estimate]
    """For one cell, by the label of its problem and its workers."""
    whole: Mapping[str, Budget] = field(default_factory=dict)
    """The suite's budgets, by the labels of problems, where shorter ones were made of them to fit
    into a time."""

    def __repr__(self) -> str:
        return (
            f"<plan: {len(self.cells):,} cells on {len(self.problems)} problems, "
            f"{len(self.skipped)} combinations skipped>"
        )

    @property
    def counts(self) -> Counter[tuple[str, int]]:
        """The number of cells by the label of their problem and their workers."""
        found = Counter((c.problem.label, c.workers) for c in self.cells.combinations)
        return Counter({key: n * len(self.cells.seeds) for key, n in found.items()})

    @property
    def total(self) -> Estimate:
        """The sum over all cells; its clock is what one cell after the other would take."""
        rows = [(n, self.estimates[key]) for key, n in self.counts.items()]
        return Estimate(
            trials=sum(n * row.trials for n, row in rows),
            results=sum(n * row.results for n, row in rows),
            clock=sum(n * row.clock for n, row in rows),
        )


def build_plan(suite: Suite) -> Plan:
    """The cells of ``suite``.

    ``suite.only`` are globs of ``*`` and ``?``, one of which the labels of a cell must match in the
    form ``searcher/scheduler/problem``. Brackets stand for themselves, because labels have them.

    Every searcher is built once for each distinct space, so that options which cannot work are
    found before anything runs. Ray's own searchers and isolated ones are not built, because that
    would import their libraries. Raises :class:`SuiteError` if a plugin refuses its options, if a
    cell is sure to have more than a cell can hold, or if nothing is left to run.
    """
    screening = Screening(suite)
    skipped, picked = [], []
    for problem in suite.problems:
        for scheduler in suite.schedulers:
            for searcher in suite.searchers:
                if not _matches(suite.only, searcher, scheduler, problem):
                    continue
                reason = screening.why_not(searcher, scheduler, problem)
                if reason is None:
                    picked.append((searcher, scheduler, problem))
                else:
                    labels = (searcher.label, scheduler.label, problem.label)
                    skipped.append(Skipped(*labels, reason))
    if not picked:
        raise SuiteError(_nothing_left(suite, skipped), file=suite.file)
    pairs = {(row[1].label, row[2].label): row[1:] for row in picked}
    for scheduler, problem in pairs.values():
        if (excess := screening.certain_excess(scheduler, problem)) is not None:
            what = f"{problem.label} under {scheduler.label}: a cell would have {excess}"
            raise SuiteError(what, file=suite.file, key="budget")
    combinations = [
        _combination(suite, row, workers, screening) for workers in suite.workers for row in picked
    ]
    problems = tuple(dict.fromkeys(problem.label for _, _, problem in picked))
    return Plan(
        CellGrid(combinations, suite.seeds),
        tuple(skipped),
        tuple(ref for ref in suite.problems if ref.label in problems),
        {(label, n): screening.estimates[label, n] for label in problems for n in suite.workers},
    )


def _combination(suite: Suite, row: Row, workers: int, screening: Screening) -> Combination:
    searcher, scheduler, problem = row
    fingerprint = screening.fingerprints[problem.label]
    given = screening.given[repr(searcher.given), problem.label]
    budget = suite.budgets[problem.label]
    learns = trait(load_class(searcher.file, searcher.cls), "multi_fidelity")
    tell: Tell = suite.tell or ("every" if learns else "last")
    more = suite.real_time()
    return Combination(
        searcher=searcher,
        scheduler=scheduler,
        problem=problem,
        budget=budget,
        workers=workers,
        stage=suite.stage,
        tell=tell,
        exact=suite.exact,
        identity=cell_ids(
            *row, budget, workers, suite.stage, tell, fingerprint, more | _content(given)
        ),
        **more,
    )


def _content(given: str) -> dict[str, str]:
    """The part of a cell's identity that says what its searcher is given."""
    return {"given": given} if given else {}


def _matches(only: Sequence[str], *refs: PluginRef) -> bool:
    name = "/".join(ref.label for ref in refs)
    patterns = [glob.replace("[", "[[]") for glob in only]
    return not only or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _nothing_left(suite: Suite, skipped: Sequence[Skipped]) -> str:
    if not skipped:
        refs = (suite.searchers[0], suite.schedulers[0], suite.problems[0])
        example = "/".join(ref.label for ref in refs)
        globs = " or ".join(map(repr, suite.only))
        return f"only: {globs} picks no cell; cells are called like {example!r}"
    reasons = "; ".join(dict.fromkeys(row.reason for row in skipped))
    return f"nothing is left to run: {reasons}"

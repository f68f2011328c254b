"""The plan of a suite: the cells that run, what is skipped and why, and about what it costs."""

from __future__ import annotations

import fnmatch
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

from hpobench.contract.cell import Budget, Cell, Exact, PluginRef, Stage, Tell
from hpobench.contract.errors import SuiteError
from hpobench.plugins.compatibility import trait
from hpobench.plugins.modules import load_class
from hpobench.suites.estimate import Estimate
from hpobench.suites.identity import cell_ids, plugin_facts
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

    One of the globs in ``suite.only`` must match a cell's labels, ``searcher/scheduler/problem``.
    Every searcher is built once for each distinct space, so that options which cannot work are
    found before anything runs. Ray's own searchers and isolated ones are not built, because that
    would import their libraries. Raises :class:`SuiteError` if a plugin refuses its options, if a
    cell is sure to have more than a cell can hold, or if nothing is left to run.
    """
    screening = Screening(suite)
    skipped, picked = [], []
    # Brackets stand for themselves, because labels have them.
    patterns = [glob.replace("[", "[[]") for glob in suite.only] or ["*"]
    for row in itertools.product(suite.problems, suite.schedulers, suite.searchers):
        problem, scheduler, searcher = row
        labels = (searcher.label, scheduler.label, problem.label)
        if not any(fnmatch.fnmatchcase("/".join(labels), pattern) for pattern in patterns):
            continue
        if (reason := screening.why_not(searcher, scheduler, problem)) is None:
            picked.append((searcher, scheduler, problem))
        else:
            skipped.append(Skipped(*labels, reason))
    if not picked:
        raise SuiteError(_nothing_left(suite, skipped), file=suite.file)
    # What a searcher proposes does not count for this, so each pair is looked at once.
    pairs = {(row[1].label, row[2].label): row[1:] for row in picked}
    for scheduler, problem in pairs.values():
        if (excess := screening.certain_excess(scheduler, problem)) is not None:
            what = f"{problem.label} under {scheduler.label}: a cell would have {excess}"
            raise SuiteError(what, file=suite.file, key="budget")
    # Once for each plugin, and not for each combination: it hashes the plugin's files.
    refs = {id(ref): ref for row in picked for ref in row}
    facts = {key: plugin_facts(ref) for key, ref in refs.items()}
    combinations = [
        _combination(suite, row, workers, screening, lambda ref: facts[id(ref)])
        for workers in suite.workers
        for row in picked
    ]
    problems = tuple(dict.fromkeys(problem.label for _, _, problem in picked))
    return Plan(
        CellGrid(combinations, suite.seeds),
        tuple(skipped),
        tuple(ref for ref in suite.problems if ref.label in problems),
        {(label, n): screening.estimates[label, n] for label in problems for n in suite.workers},
    )


def _combination(
    suite: Suite,
    row: Row,
    workers: int,
    screening: Screening,
    facts: Callable[[PluginRef], dict[str, Any]],
) -> Combination:
    searcher, scheduler, problem = row
    data, budget = screening.fingerprints[problem.label], suite.budgets[problem.label]
    given = screening.given[repr(searcher.given), problem.label]
    learns = trait(load_class(searcher.file, searcher.cls), "multi_fidelity")
    tell: Tell = suite.tell or ("every" if learns else "last")
    more = suite.real_time()
    # Only where something is given, so that cells of before the key `start` kept their ids.
    identified = more | ({"given": given} if given else {})
    return Combination(
        searcher=searcher,
        scheduler=scheduler,
        problem=problem,
        budget=budget,
        workers=workers,
        stage=suite.stage,
        tell=tell,
        exact=suite.exact,
        identity=cell_ids(*row, budget, workers, suite.stage, tell, data, identified, facts),
        **more,
    )


def _nothing_left(suite: Suite, skipped: Sequence[Skipped]) -> str:
    if not skipped:
        refs = (suite.searchers[0], suite.schedulers[0], suite.problems[0])
        example = "/".join(ref.label for ref in refs)
        globs = " or ".join(map(repr, suite.only))
        return f"only: {globs} picks no cell; cells are called like {example!r}"
    reasons = "; ".join(dict.fromkeys(row.reason for row in skipped))
    return f"nothing is left to run: {reasons}"


@dataclass(frozen=True)
class Combination:
    """What cells that differ in their seeds only have in common."""

    searcher: PluginRef
    scheduler: PluginRef
    problem: PluginRef
    budget: Budget
    workers: int
    stage: Stage
    tell: Tell
    exact: Exact | None
    identity: Callable[[int], tuple[str, str]]
    """The id and the specification of the cell with a seed."""
    trial_timeout: float | None = None
    pace: float = 1.0

    def cell(self, seed: int) -> Cell:
        name, spec = self.identity(seed)
        shared = {key: value for key, value in vars(self).items() if key != "identity"}
        return Cell(id=name, seed=seed, spec=spec, **shared)


class CellGrid(Sequence[Cell]):
    """Every combination with every seed, sorted by seed."""

    def __init__(self, combinations: Sequence[Combination], seeds: Sequence[int]) -> None:
        self.combinations, self.seeds = tuple(combinations), tuple(seeds)

    def __len__(self) -> int:
        return len(self.combinations) * len(self.seeds)

    @overload
    def __getitem__(self, number: int) -> Cell: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Cell]: ...
    def __getitem__(self, number: int | slice) -> Cell | Sequence[Cell]:
        places = range(len(self))[number]
        if isinstance(places, range):
            return Selected(self, places)
        seed, combination = divmod(places, len(self.combinations))
        return self.combinations[combination].cell(self.seeds[seed])

    def __iter__(self) -> Iterator[Cell]:
        for seed in self.seeds:
            for combination in self.combinations:
                yield combination.cell(seed)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CellGrid):
            return NotImplemented
        return len(self) == len(other) and all(map(Cell.__eq__, self, other))

    def __hash__(self) -> int:
        return hash((len(self.combinations), self.seeds))

    def ids(self) -> list[str]:
        """The ids of the cells."""
        return [c.identity(seed)[0] for seed in self.seeds for c in self.combinations]

    def with_seeds(self, seeds: Sequence[int]) -> CellGrid:
        """The cells with ``seeds`` alone."""
        return CellGrid(self.combinations, seeds)


class Selected(Sequence[Cell]):
    """The cells of ``grid`` at the places ``numbers``."""

    def __init__(self, grid: CellGrid, numbers: Sequence[int]) -> None:
        self._grid, self._numbers = grid, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, number: int) -> Cell: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Cell]: ...
    def __getitem__(self, number: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(number, slice):
            return Selected(self._grid, self._numbers[number])
        return self._grid[self._numbers[number]]

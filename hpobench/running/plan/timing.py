"""How long the cells of a plan take on this machine, and what of a plan fits into a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from hpobench.contract.cell import Budget
from hpobench.contract.problem import Fidelity, Problem, TabulatedProblem
from hpobench.contract.training import Resources, TrainedProblem
from hpobench.plugins.building import build_problem
from hpobench.store.read.reader import load_cells
from hpobench.suites.estimate import Estimate
from hpobench.suites.grid import CellGrid, Combination, Plan

_RESULT_S = 0.001
"""About the wall seconds of a result on the virtual stage, without thinking (docs/speed.md)."""
_COLUMNS = ("cell", "stage", "clock", "suggest_s", "observe_s", "harness_s")


class Timing:
    """Wall seconds that the cells of ``plan`` take on ``cpus`` processors, several side by side.

    Cells of a combination of which some are stored in ``folder``, if one is given, take as long as
    these did. Others take what their problem's estimate and their searcher's thinking say.

    :param trial_s: measured seconds of a full evaluation, by the label of its problem.
    :param thinking_s: seconds of thinking for each trial, by the label of the searcher.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path | None,
        cpus: int,
        trial_s: Mapping[str, float],
        thinking_s: Mapping[str, float],
    ) -> None:
        self._cells = plan.cells
        rows = {row["cell"]: row for row in (load_cells(folder, _COLUMNS) if folder else [])}
        self.stored = rows.keys() & set(plan.cells.ids())
        """The ids of the cells of the plan that are stored."""
        problems = {ref.label: build_problem(ref) for ref in plan.problems}
        self._seconds = []
        """What a cell of each combination adds to the time of a run."""
        for combination in plan.cells.combinations:
            label, live = combination.problem.label, combination.stage == "live"
            problem = problems[label]
            room = _room(problem, cpus)
            names = (combination.identity(seed)[0] for seed in plan.cells.seeds)
            if measured := [_seconds_of(rows[name]) for name in names if name in rows]:
                seconds = fmean(measured)
            else:
                full_s = trial_s.get(label)
                if full_s is None and live and isinstance(problem, TabulatedProblem):
                    full_s = max(problem.estimate() * combination.pace, 1e-9)
                workers = min(combination.workers, room)
                bounds = Estimate.of(problem, combination.budget, workers, full_s)
                thinking = thinking_s.get(combination.searcher.label, 0.0)
                seconds = thinking * bounds.results / problem.fidelity.steps
                seconds += bounds.clock if live else bounds.results * _RESULT_S
            beside = max(1, room // combination.workers) if live else cpus
            self._seconds.append(seconds / beside)

    @property
    def seed_s(self) -> float:
        """The seconds that all cells of one seed take."""
        return sum(self._seconds)

    def of_seeds(self) -> Iterator[float]:
        """The seconds that the cells of each seed take that are not stored."""
        for seed in self._cells.seeds:
            yield sum(
                seconds
                for combination, seconds in zip(
                    self._cells.combinations, self._seconds, strict=True
                )
                if combination.identity(seed)[0] not in self.stored
            )

    def first(self, seeds: int) -> float:
        """The seconds that the cells of the first ``seeds`` seeds take that are not stored."""
        return sum(itertools.islice(self.of_seeds(), seeds))

    def fitting(self, seconds: float) -> int:
        """How many seeds, from the first one on, fit into ``seconds``."""
        return sum(total <= seconds for total in itertools.accumulate(self.of_seeds()))


def _seconds_of(row: Mapping[str, Any]) -> float:
    thinking = float(row["suggest_s"] + row["observe_s"] + row["harness_s"])
    # A live cell that was resumed has been under way for longer than its last process.
    return max(thinking, row["clock"]) if row["stage"] == "live" else thinking


def _room(problem: Problem, cpus: int) -> int:
    """How many trials of ``problem`` train at once on ``cpus`` processors."""
    resources = problem.resources if isinstance(problem, TrainedProblem) else Resources()
    return max(1, int(cpus / resources.cpu)) if resources.cpu else cpus


def one_round(plan: Plan, scheduler: str, cpus: int) -> Plan:
    """One cell of each problem of ``plan``, if possible under ``scheduler``, with as many trials as
    train at once: what a full evaluation takes can be measured by them."""
    picked: dict[str, Combination] = {}
    for combination in sorted(
        plan.cells.combinations, key=lambda found: found.scheduler.name != scheduler
    ):
        picked.setdefault(combination.problem.label, combination)
    combinations = []
    for ref in plan.problems:
        combination = picked[ref.label]
        trials = min(combination.workers, _room(build_problem(ref), cpus))
        combinations.append(replace(combination, budget=Budget(trials=trials)))
    return replace(plan, cells=CellGrid(combinations, plan.cells.seeds[:1]))


def trial_seconds(plan: Plan, folder: Path) -> dict[str, float]:
    """The mean seconds of a full evaluation in the cells that are stored in ``folder``, by the
    label of the problem."""
    found = {}
    rows = load_cells(folder, ("cell", "problem", "resource", "evaluation_s"))
    for ref in plan.problems:
        own = [row for row in rows if row["problem"] == ref.label]
        paid = sum(row["resource"] for row in own)
        spent = sum(row["evaluation_s"] for row in own)
        if paid and spent:
            found[ref.label] = spent / paid * build_problem(ref).fidelity.full
    return found


def shortened(budget: Budget, share: float, fidelity: Fidelity) -> Budget:
    """``share`` of ``budget``, rounded down to whole trials, evaluations and seconds, of which one
    is the least."""

    def part(limit: float, unit: float = 1.0) -> float:
        return max(1.0, math.floor(share * limit / unit)) * unit

    return Budget(
        time=None if budget.time is None else part(budget.time),
        trials=None if budget.trials is None else int(part(budget.trials)),
        resource=None if budget.resource is None else part(budget.resource, fidelity.full),
        evaluations=None if budget.evaluations is None else part(budget.evaluations),
    )

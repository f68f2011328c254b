"""What is known of a run under way: how many cells are over, how long the rest takes, who leads."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpobench.store.problems import ProblemRows
    from hpobench.store.writer import Outcome


def duration(seconds: float) -> str:
    """``seconds`` for a person: ``42 s``, ``3 min 5 s``, ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Tally:
    """Counts and leaders so far."""

    def __init__(self) -> None:
        self.total = self.stored = self.done = self.failed = self.running = 0
        self._problems: ProblemRows = {}
        self._regrets: dict[tuple[str, int, int], dict[str, float]] = defaultdict(dict)
        self._leaders: list[tuple[str, float, int]] = []
        self._begin = time.monotonic()

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.total, self.stored, self._problems = total, stored, problems
        self._begin = time.monotonic()

    def update(self, outcomes: Sequence[Outcome], running: int) -> None:
        self.running = running
        for outcome in outcomes:
            if outcome.cell["status"] == "done":
                self.done += 1
            else:
                self.failed += 1
            cell = outcome.cell
            name = f"{cell['searcher']} + {cell['scheduler']}"
            block = cell["problem"], cell["seed"], cell["workers"]
            if (regret := self._final_regret(outcome)) is not None:
                self._regrets[block][name] = regret
        if outcomes:
            self._leaders = self._ranking()

    def _final_regret(self, outcome: Outcome) -> float | None:
        """Normalised regret of the incumbent at the end: 1 for a cell without any result, ``None``
        if the problem has no reference losses."""
        problem, losses = self._problems[outcome.cell["problem"]], outcome.events["loss"].to_numpy()
        if problem["optimum"] is None:
            return None
        if not len(losses) or outcome.cell["status"] != "done":
            return 1.0
        best = int(losses.argmin())
        heldout = outcome.events["heldout"][best].as_py()
        value = losses[best] if heldout is None else heldout
        span = problem["clip"] - problem["optimum"]
        return float(min(max((value - problem["optimum"]) / span, 0.0), 1.0))

    @property
    def finished(self) -> int:
        return self.done + self.failed

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._begin

    @property
    def left(self) -> float | None:
        """Seconds left, by the pace so far; ``None`` before the first cell."""
        if not self.finished:
            return None
        return self.elapsed / self.finished * (self.total - self.stored - self.finished)

    def leaders(self, n: int) -> list[tuple[str, float, int]]:
        """The ``n`` best algorithms so far, and the number of their cells. Each has its mean
        difference in final normalised regret from the mean of all algorithms on the same problem,
        seed and number of workers. Problems without reference losses do not count."""
        return self._leaders[:n]

    def _ranking(self) -> list[tuple[str, float, int]]:
        # Differences within a problem, seed and number of workers are fair although not every
        # algorithm has run everywhere yet.
        ahead: dict[str, list[float]] = defaultdict(list)
        for block in self._regrets.values():
            mean = sum(block.values()) / len(block)
            for name, regret in block.items():
                ahead[name].append(regret - mean)
        rows = [(name, sum(x) / len(x), len(x)) for name, x in ahead.items()]
        return sorted(rows, key=lambda row: (row[1], row[0]))

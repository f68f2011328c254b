"""What is known of a run under way: how many cells are over, how long the rest takes, who leads."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hpobench.contract.wording import duration

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch, CellEnd
    from hpobench.store.write.problem_rows import ProblemRows


_FEWEST = 5
"""Cells that must have ended since the first did, before their pace says anything."""
_BLOCKS = 50_000
"""Problems, seeds and numbers of workers whose cells are remembered."""


class Tally:
    """Counts and leaders so far."""

    def __init__(self) -> None:
        self.total = self.stored = self.done = self.failed = self.running = 0
        self._problems: ProblemRows = {}
        self._blocks: dict[tuple[str, int, int], dict[str, float]] = defaultdict(dict)
        """Regrets by algorithm, of each problem, seed and number of workers."""
        self._ahead: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
        """The sum over the blocks of how far an algorithm is behind the mean, and their number."""
        self._begin = time.monotonic()
        self._first = self._last = (0.0, 0)
        """When cells ended first and last, and how many had by then."""

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.total, self.stored, self._problems = total, stored, problems
        self._begin = time.monotonic()

    def update(self, batches: Sequence[Batch], running: int) -> None:
        self.running = running
        for batch in batches:
            for ended in batch.ended:
                self._note(ended)
        if self.finished > self._last[1]:
            self._last = time.monotonic(), self.finished
            self._first = self._first if self._first[1] else self._last

    def _note(self, ended: CellEnd) -> None:
        if ended.status == "done":
            self.done += 1
        else:
            self.failed += 1
        problem = self._problems[ended.problem]
        if problem["optimum"] is None:
            return
        # Normalised, at the end; a cell without any result is as bad as can be.
        regret = 1.0
        if ended.final is not None and ended.status == "done":
            span = problem["clip"] - problem["optimum"]
            regret = float(min(max((ended.final - problem["optimum"]) / span, 0.0), 1.0))
        # Differences within a problem, seed and number of workers are fair although not every
        # algorithm has run everywhere yet.
        block = self._blocks[ended.problem, ended.seed, ended.workers]
        self._count(block, -1)
        block[f"{ended.searcher} + {ended.scheduler}"] = regret
        self._count(block, 1)
        if len(self._blocks) > _BLOCKS:
            # The oldest is complete: cells run seed after seed.
            del self._blocks[next(iter(self._blocks))]

    def _count(self, block: Mapping[str, float], sign: int) -> None:
        """Add what ``block`` says of its algorithms, or take it away."""
        mean = sum(block.values()) / max(1, len(block))
        for name, regret in block.items():
            ahead, blocks = self._ahead[name]
            self._ahead[name] = ahead + sign * (regret - mean), blocks + sign

    @property
    def finished(self) -> int:
        return self.done + self.failed

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._begin

    @property
    def unfinished(self) -> int:
        return self.total - self.stored - self.finished

    @property
    def left(self) -> float | None:
        """Seconds left, by the pace since cells first ended: before that, workers start.

        ``None`` where the pace says nothing: after too few cells, when the last ones run already,
        and when the time that it foretold is over.
        """
        (first, before), (last, by_then) = self._first, self._last
        if by_then - before < _FEWEST or self.unfinished <= self.running:
            return None
        pace = (last - first) / (by_then - before)
        left = pace * self.unfinished - (time.monotonic() - last)
        return left if left > 0 else None

    def outlook(self) -> str:
        """What is left, in words; empty where nothing can be said."""
        if (left := self.left) is not None:
            return f"about {duration(left)} left"
        if 0 < self.unfinished <= self.running:
            last = "the last one" if self.unfinished == 1 else f"the last {self.unfinished}"
            return f"waiting for {last}"
        return ""

    def leaders(self, n: int) -> list[tuple[str, float, int]]:
        """The ``n`` best algorithms so far, and the number of their cells. Each has its mean
        difference in final normalised regret from the mean of all algorithms on the same problem,
        seed and number of workers. Problems without reference losses do not count."""
        rows = [(name, ahead / blocks, blocks) for name, (ahead, blocks) in self._ahead.items()]
        return sorted(rows, key=lambda row: (row[1], row[0]))[:n]

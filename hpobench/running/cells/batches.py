"""Cells in batches: how many of them one process runs before it hands over what they left.

A cell may take a millisecond or an hour. Handing over costs some milliseconds, so that cheap cells
go in batches of about half a second; a batch that takes longer ends early and gives its last cells
back. A process that dies or hangs takes a whole batch with it: its cells then run again one by
one, so that only the cell at fault pays.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpobench.contract.cell import Cell
from hpobench.running.cells.containment import cell_key

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch, Outcome

ATTEMPTS = 4
"""How often a cell whose process dies runs before it counts as failed."""
DIED = "the process died (a crash in native code, os._exit, or out of memory)"
_BATCH_S = 0.5
_MOST = 512


class Cells(ABC):
    """The cells of a run, wherever they run. A cell is given up after a limit of wall time, also if
    its process does not hear of it."""

    @property
    @abstractmethod
    def running(self) -> int:
        """About how many cells run now."""

    @abstractmethod
    def run(self, cells: Sequence[Cell]) -> Iterator[list[Batch]]:
        """Yields what has finished, about every half second (maybe nothing). Raises
        :class:`StoreError` if a cell cannot write. What has not finished by then has no outcome."""

    @abstractmethod
    def cancel(self) -> None:
        """End the running cells."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind."""

    def stored(self, statuses: Mapping[str, str]) -> None:  # noqa: B027 - only live cells keep journals
        """Drop what is kept for cells that are in the store now, given with their statuses."""


@dataclass(frozen=True)
class Done:
    """What a process hands over: the first ``count`` of its cells are finished, and took so many
    ``seconds``."""

    batch: Batch
    count: int
    seconds: float


def run_batch(
    cells: Sequence[Cell], commit: str | None, timeout: float, folder: Path | None = None
) -> Done:
    """Run ``cells`` in this process until they are finished or the time of a batch is over.
    ``folder`` is the results folder, if this process can write there."""
    from hpobench.running.cells.run_cell import run_cell
    from hpobench.store.write.batch import Batch

    begin = time.monotonic()
    outcomes = []
    for cell in cells:
        outcomes.append(run_cell(cell, commit, timeout))
        if time.monotonic() - begin >= _BATCH_S:
            break
    return Done(Batch.of(outcomes, folder), len(outcomes), time.monotonic() - begin)


class Waiting:
    """The cells that no process has, in batches for one kind of process each. Cells of shipped
    plugins come first, then one kind after the other: if kinds alternated, every cell would start a
    process. Results do not depend on the order."""

    def __init__(self, cells: Sequence[Cell], processes: int, *, most: int = _MOST) -> None:
        """``processes`` take at most ``most`` of the cells at a time; their number may change."""
        self.processes, self._left, self._most = processes, len(cells), most
        self._new = _by_kind(cells)
        self._next = next(self._new, None)
        self._again: deque[Sequence[Cell]] = deque()
        self._attempts: Counter[str] = Counter()
        self._size = 1

    def __bool__(self) -> bool:
        return bool(self._again) or self._next is not None

    @property
    def first(self) -> Cell:
        """The first cell of the next batch."""
        if self._again:
            return self._again[0][0]
        assert self._next is not None
        return self._next[1]

    @property
    def kind(self) -> str:
        """The kind of process for the next batch."""
        return cell_key(self.first)

    def take(self) -> Sequence[Cell]:
        """The next batch."""
        if self._again:
            return self._again.popleft()
        kind, size = self.kind, min(self._size, -(-self._left // (2 * self.processes)))
        cells: list[Cell] = []
        while self._next is not None and self._next[0] == kind and len(cells) < size:
            cells.append(self._next[1])
            self._next = next(self._new, None)
        self._left -= len(cells)
        return cells

    def done(self, cells: Sequence[Cell], done: Done) -> None:
        """Take note of what came of ``cells``; those that are not finished wait again."""
        pace = max(done.seconds / done.count, 1e-6)
        self._size = max(1, min(int(_BATCH_S / pace), 2 * self._size, self._most))
        if done.count < len(cells):
            self._again.appendleft(cells[done.count :])

    def failed(self, cells: Sequence[Cell], *, last: bool = False) -> list[Cell]:
        """Take note that the process of ``cells`` died; they wait again one by one. Returns the
        cell whose attempts are over; a ``last`` attempt at a single cell ends them."""
        if len(cells) == 1:
            (cell,) = cells
            self._attempts[cell.id] += 1
            if last or self._attempts[cell.id] == ATTEMPTS:
                return [cell]
        self._again.extend([cell] for cell in cells)
        return []

    def tried(self, cell: Cell) -> bool:
        """Whether the present attempt at ``cell`` is not the first."""
        return self._attempts[cell.id] > 1


def overdue(cell: Cell, commit: str | None, timeout: float, *, died: bool) -> Outcome:
    """The outcome of a cell that had to be ended. ``died``: its process died before, and another
    attempt was under way."""
    from hpobench.running.cells.outcome import unfinished_cell

    if died:
        late = f"{DIED}, and no other attempt ended in the {timeout:g} s of wall time"
        return unfinished_cell(cell, commit, "failed", late)
    late = f"not finished after {timeout:g} s of wall time; its process did not end and was killed"
    return unfinished_cell(cell, commit, "timeout", late)


def _by_kind(cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    """The cells with their kinds, kind after kind."""
    later: dict[str, list[int]] = {}
    for number, cell in enumerate(cells):
        if kind := cell_key(cell):
            later.setdefault(kind, []).append(number)
        else:
            yield kind, cell
    for kind, numbers in sorted(later.items()):
        for number in numbers:
            yield kind, cells[number]

"""The cells of a run on Ray."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpobench.contract.cell import Cell
from hpobench.contract.errors import StoreError
from hpobench.running.containment import cell_key, environment_of, grouped
from hpobench.running.deadlines import Deadlines, note_start
from hpobench.running.health import Health, LostRayError

if TYPE_CHECKING:
    from hpobench.store.writer import Outcome

_REFRESH_S = 5.0
_RETRIES = 3
_DIED = "the process died (a crash in native code, os._exit, or out of memory)"
_FETCH_S = 120.0
"""How long an outcome may take to come from its node."""


class Cells(ABC):
    """Runs cells whenever there is room for them and yields their outcomes as they come.

    After ``timeout`` wall seconds a cell is given up, also if its process does not hear of it.
    ``own``: whether ``ray`` ends with the run, and with it all that it runs.
    """

    def __init__(self, ray: Any, *, commit: str | None, timeout: float, own: bool = False) -> None:
        self._ray, self._commit, self._timeout, self._own = ray, commit, timeout, own
        self._health, self._deadlines = Health(ray), Deadlines(ray, timeout)
        self.running: dict[Any, Cell] = {}

    def run(self, cells: Sequence[Cell]) -> Iterator[list[Outcome]]:
        """Yields what has finished, about every half second (maybe nothing).

        Raises :class:`StoreError` if a cell cannot write its journal, and :class:`LostRayError` if
        Ray is lost. What has not finished by then has no outcome.
        """
        return self._health.watch(self._steps(cells))

    def _steps(self, cells: Sequence[Cell]) -> Iterator[list[Outcome]]:
        waiting = list(reversed(grouped(cells)))
        while self.running or waiting:
            while waiting and self._has_room(waiting[-1]):
                cell = waiting.pop()
                self.running[self._submit(cell)] = cell
            yield self._collect() + self._given_up()

    def cancel(self) -> None:
        """End the running cells.

        Ray 2.60 aborts this process if a task is over at the moment in which it is cancelled. So
        tasks that are over are left alone, and so is a Ray of our own, which ends with all in it.
        """
        running = list(self.running)
        if running and not self._own and self._health.fault() is None:  # a lost Ray never answers
            _, running = self._ray.wait(running, num_returns=len(running), timeout=0)
            for reference in running:
                self._ray.cancel(reference, force=True)
        self.running.clear()

    def close(self) -> None:
        """Leave nothing behind, for callers that go on with the same Ray afterwards."""
        if self._health.fault() is None:
            self._tidy_up()

    def _tidy_up(self) -> None:
        self._deadlines.close()

    def stored(self, statuses: Mapping[str, str]) -> None:  # noqa: B027 - only live cells keep journals
        """Drop what is kept for cells that are in the store now, given with their statuses."""

    @abstractmethod
    def _has_room(self, cell: Cell) -> bool:
        """Whether ``cell`` may be submitted by now."""

    @abstractmethod
    def _submit(self, cell: Cell) -> Any:
        """A reference to the outcome of ``cell``."""

    def _ended(self, cell: Cell) -> None:  # noqa: B027 - only live cells hold workers
        """``cell`` runs no more."""

    def _collect(self) -> list[Outcome]:
        if not self.running:
            return []
        references = list(self.running)
        ready, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(references, num_returns=1, timeout=0.5)
        outcomes: list[Outcome] = []
        for reference in ready:
            try:
                outcomes.append(self._outcome(reference))
            except (LostRayError, StoreError):
                if outcomes:  # these are kept; the next call comes to the error again
                    break
                raise
            self._ended(self.running.pop(reference))
        return outcomes

    def _given_up(self) -> list[Outcome]:
        """The outcomes of cells whose deadline is over."""
        from hpobench.running.outcome import lost_cell, overdue_cell  # they import Ray

        outcomes = []
        for reference in self._deadlines.overdue(self.running):
            died = self._deadlines.end(reference)
            cell = self.running.pop(reference)
            self._ended(cell)
            late = f"{_DIED}, and no other attempt ended in the {self._timeout:g} s of wall time"
            outcomes.append(
                lost_cell(cell, self._commit, late)
                if died
                else overdue_cell(cell, self._commit, self._timeout)
            )
        return outcomes

    def _outcome(self, reference: Any) -> Outcome:
        """What the cell returned, or its failure if its own process is at fault.

        Everything else is a failure of the machine, which is no outcome of a cell.
        """
        from hpobench.running.outcome import lost_cell

        cell, errors = self.running[reference], self._ray.exceptions
        try:
            outcome: Outcome = self._ray.get(reference, timeout=_FETCH_S)
        except errors.RayTaskError as error:
            if isinstance(error.cause, StoreError):
                raise error.cause from error
            outcome = lost_cell(cell, self._commit, _text("the cell was lost", error))
        except errors.WorkerCrashedError as error:
            # When Ray's servers die, the processes of cells die with them, and may be seen first.
            if fault := self._health.fault_soon():
                raise LostRayError(fault) from error
            reason = f"{_DIED}, in each of {_RETRIES + 1} attempts"
            outcome = lost_cell(cell, self._commit, _text(reason, error))
        except (errors.RayError, ConnectionError) as error:
            raise LostRayError(self._health.fault_soon() or f"Ray lost a cell: {error}") from error
        # A live cell may have failed because its workers died with Ray.
        if outcome.cell["status"] == "failed" and (fault := self._health.fault()):
            raise LostRayError(fault)
        return outcome


def _text(reason: str, error: Exception) -> str:
    return f"{reason}\n\n{type(error).__name__}: {error}"


class VirtualCells(Cells):
    """Runs each cell as a Ray task, a limited number of them at a time.

    The limit follows the cluster's size, so nodes that join are used. A lost worker or node
    costs the attempt; Ray runs the cell again up to three times.
    """

    def __init__(self, ray: Any, *, commit: str | None, timeout: float, own: bool = False) -> None:
        super().__init__(ray, commit=commit, timeout=timeout, own=own)
        self._remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(_run_cell)
        self._remotes: dict[str, Any] = {}
        self._looked = -_REFRESH_S
        self._window = 0

    def _has_room(self, cell: Cell) -> bool:  # noqa: ARG002 - every cell takes one processor
        now = time.monotonic()
        if now - self._looked >= _REFRESH_S:
            self._looked = now
            # Half as many again are queued, so that no processor waits for the driver.
            self._window = max(2, int(1.5 * self._ray.cluster_resources().get("CPU", 1)) + 1)
        return len(self.running) < self._window

    def _submit(self, cell: Cell) -> Any:
        key = cell_key(cell)
        if key not in self._remotes:
            self._remotes[key] = self._remote.options(runtime_env=environment_of(key))
        return self._remotes[key].remote(cell.to_json(), self._commit, self._timeout)


def _run_cell(data: dict[str, Any], commit: str | None, timeout: float) -> Outcome:
    from hpobench.running.cell import run_cell

    note_start()
    return run_cell(Cell.from_json(data), commit, timeout)

"""The cells of a run on Ray."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpobench.contract.cell import Cell
from hpobench.contract.errors import StoreError
from hpobench.running.containment import cell_key, environment_of, grouped

if TYPE_CHECKING:
    from hpobench.store.writer import Outcome

_REFRESH_S = 5.0
_RETRIES = 3


class Cells(ABC):
    """Runs cells whenever there is room for them and yields their outcomes as they come.

    After ``timeout`` wall seconds a cell is given up.
    """

    def __init__(self, ray: Any, *, commit: str | None, timeout: float) -> None:
        self._ray, self._commit, self._timeout = ray, commit, timeout
        self.running: dict[Any, Cell] = {}

    def run(self, cells: Sequence[Cell]) -> Iterator[list[Outcome]]:
        """Yields what has finished, at least every half second (maybe nothing).

        Raises :class:`StoreError` if a cell cannot write its journal.
        """
        waiting = list(reversed(grouped(cells)))
        while self.running or waiting:
            while waiting and self._has_room(waiting[-1]):
                cell = waiting.pop()
                self.running[self._submit(cell)] = cell
            yield self._collect()

    def cancel(self) -> None:
        """Cancel the running cells."""
        for reference in self.running:
            self._ray.cancel(reference, force=True)
        self.running.clear()

    def stored(self, statuses: Mapping[str, str]) -> None:  # noqa: B027 - only live cells keep journals
        """Drop what is kept for cells that are in the store now, given with their statuses."""

    @abstractmethod
    def _has_room(self, cell: Cell) -> bool:
        """Whether ``cell`` may be submitted by now."""

    @abstractmethod
    def _submit(self, cell: Cell) -> Any:
        """A reference to the outcome of ``cell``."""

    def _collect(self) -> list[Outcome]:
        if not self.running:
            return []
        references = list(self.running)
        ready, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(references, num_returns=1, timeout=0.5)
        return [self._outcome(self.running.pop(reference), reference) for reference in ready]

    def _outcome(self, cell: Cell, reference: Any) -> Outcome:
        from hpobench.running.outcome import lost_cell

        try:
            outcome: Outcome = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, StoreError):
                raise cause from error
            died = isinstance(error, self._ray.exceptions.WorkerCrashedError)
            reason = (
                f"the process died (a crash in native code, os._exit, or out of memory), in each "
                f"of {_RETRIES + 1} attempts"
                if died
                else "the cell was lost"
            )
            return lost_cell(cell, self._commit, f"{reason}\n\n{type(error).__name__}: {error}")
        return outcome


class VirtualCells(Cells):
    """Runs each cell as a Ray task, a limited number of them at a time.

    The limit follows the cluster's size, so nodes that join are used. A lost worker or node
    costs the attempt; Ray runs the cell again up to three times.
    """

    def __init__(self, ray: Any, *, commit: str | None, timeout: float) -> None:
        super().__init__(ray, commit=commit, timeout=timeout)
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

    return run_cell(Cell.from_json(data), commit, timeout)

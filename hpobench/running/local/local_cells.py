"""Virtual cells in worker processes of this machine."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hpobench.contract.cell import Cell
from hpobench.contract.errors import WorkersError
from hpobench.running.cells.batches import ATTEMPTS, DIED, Cells, Done, Waiting, overdue
from hpobench.running.cells.time_limit import GRACE_S
from hpobench.running.local.worker_processes import (
    ChannelClosedError,
    ForkServer,
    LocalWorker,
    SpoiltChannelError,
    Work,
)

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch

_LOOK_S = 0.5


class LocalCells(Cells):
    """Runs virtual cells in ``count`` worker processes, without a cluster. A worker that dies costs
    the attempt at the cell that it ran. Plugins that are not shipped have workers of their own."""

    def __init__(self, start: Callable[[], ForkServer], work: Work, count: int) -> None:
        """``start`` starts the process that workers are forked from."""
        self._start, self._work, self._count = start, work, count
        self._server: ForkServer | None = None
        self._kinds: dict[LocalWorker, str] = {}
        self._ready = selectors.DefaultSelector()

    @property
    def running(self) -> int:
        return sum(bool(worker.cells) for worker in self._kinds)

    def run(self, cells: Sequence[Cell]) -> Iterator[list[Batch]]:
        waiting = Waiting(cells, self._count)
        while waiting or self.running:
            for worker, kind in list(self._kinds.items()):
                if waiting and not worker.cells:
                    if kind == waiting.kind:
                        worker.run(waiting.take())
                    else:
                        self._dismiss(worker)
            while waiting and len(self._kinds) < self._count:
                kind = waiting.kind
                worker = self._fork(replace(self._work, kind=kind))
                self._kinds[worker] = kind
                self._ready.register(worker, selectors.EVENT_READ, worker)
                worker.run(waiting.take())
            found = [
                batch
                for key, _ in self._ready.select(_LOOK_S)
                for batch in self._taken(key.data, waiting)
            ]
            # The deadline holds also where a process hears of nothing.
            latest = time.monotonic() - self._work.timeout - GRACE_S
            for worker in [w for w in self._kinds if w.cells and w.begun < latest]:
                found += self._given_up(worker, waiting)
            yield found

    def _fork(self, work: Work) -> LocalWorker:
        if self._server is not None:
            try:
                return self._server.fork(work)
            except WorkersError:
                self._server.close()  # somebody has killed it
        self._server = self._start()
        return self._server.fork(work)

    def _taken(self, worker: LocalWorker, waiting: Waiting) -> list[Batch]:
        """What ``worker`` hands over, or what comes of its death."""
        cells = worker.cells
        try:
            done: Done | None = worker.answer()
        except ChannelClosedError as error:
            from hpobench.running.cells.outcome import unfinished_cell  # it imports Ray Tune
            from hpobench.store.write.batch import Batch

            why = error if isinstance(error, SpoiltChannelError) else DIED
            said = f"{why}, in each of {ATTEMPTS} attempts\n\n{self._dismiss(worker)}".rstrip()
            return [
                Batch.of([unfinished_cell(cell, self._work.commit, "failed", said)])
                for cell in waiting.failed(cells)
            ]
        if done is None:
            return []
        waiting.done(cells, done)
        return [done.batch]

    def _given_up(self, worker: LocalWorker, waiting: Waiting) -> Iterator[Batch]:
        from hpobench.store.write.batch import Batch

        cells = worker.cells
        self._dismiss(worker)
        for cell in waiting.failed(cells, last=True):
            died = waiting.tried(cell)
            yield Batch.of([overdue(cell, self._work.commit, self._work.timeout, died=died)])

    def _dismiss(self, worker: LocalWorker) -> str:
        self._ready.unregister(worker)
        del self._kinds[worker]
        return worker.end()

    def cancel(self) -> None:
        self.close()

    def close(self) -> None:
        for worker in list(self._kinds):
            self._dismiss(worker)
        self._ready.close()
        if self._server is not None:
            self._server.close()
            self._server = None

"""The cells of a run on Ray, and the driver's own deadline for each, whatever its process does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hpobench.contract.cell import Cell
from hpobench.contract.errors import StoreError
from hpobench.running.cells import batches
from hpobench.running.cells.batches import DIED, Cells, Done, Waiting
from hpobench.running.cells.containment import environment_of
from hpobench.running.cells.time_limit import GRACE_S
from hpobench.running.cluster.connect import Health, LostRayError
from hpobench.running.ray.servers import put_note, read_note, remove_notes

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch, Outcome

Result = TypeVar("Result")
"""What comes of a task: a batch, or the outcome of a live cell."""

_LOOK_S, _LOOK_SHARE = 1.0, 0.002
_REFRESH_S = 5.0
_FETCH_S = 120.0
"""How long what a task returns may take to come from its node."""


def note_start() -> None:
    """Say to the driver that the calling task has begun, and where."""
    import ray

    context = ray.get_runtime_context()
    name = f"{_prefix(ray)}{context.get_task_id()}"
    put_note(name, json.dumps([context.get_node_id(), os.getpid(), _started(os.getpid())]))


def _prefix(ray: Any) -> str:
    return f"started:{ray.get_runtime_context().get_job_id()}:"


def _name(reference: Any) -> str:
    task = reference.task_id()
    return f"started:{task.job_id().hex()}:{task.hex()}"


def _kill(process: int, started: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        if _started(process) == started:  # its number is no other process's by now
            os.kill(process, signal.SIGKILL)


def _started(process: int) -> str:
    """When a process of this machine started, in the system's ticks; empty if nothing tells."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


class _TaskLostError(Exception):
    """The process of a task is at fault."""


class RayCells(Cells, Generic[Result]):
    """Cells as Ray tasks. ``own``: whether ``ray`` ends with the run, and all that it runs."""

    def __init__(self, ray: Any, *, commit: str | None, timeout: float, own: bool = False) -> None:
        self._ray, self._commit, self._timeout, self._own = ray, commit, timeout, own
        self._health, self._limit = Health(ray), timeout + GRACE_S
        self._tasks: dict[Any, Sequence[Cell]] = {}
        """The cells of each task that is not over."""
        self._begun: dict[Any, tuple[float, str]] = {}
        """When a task was seen to have begun, and where. All attempts at it share its deadline."""
        self._notes_read = time.monotonic()
        self._kill = ray.remote(num_cpus=0, max_retries=0)(_kill)

    @property
    def running(self) -> int:
        return len(self._tasks)

    def results(self, waiting: Waiting) -> Iterator[list[Result]]:
        """What comes of the cells, about every half second. Raises :class:`StoreError` if a cell
        cannot write its journal, and :class:`LostRayError` if Ray is lost."""
        return self._health.watch(self._steps(waiting))

    def _steps(self, waiting: Waiting) -> Iterator[list[Result]]:
        while self._tasks or waiting:
            while waiting and self._has_room(waiting):
                kind, cells = waiting.kind, waiting.take()
                self._tasks[self._submit(kind, cells)] = cells
            found = self._collect(waiting)
            for reference in self._overdue():
                self._ray.cancel(reference, force=True)
                _, first = self._begun.pop(reference)
                last = read_note(_name(reference)) or first
                node, process, started = json.loads(last)
                affinity = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
                kill = self._kill.options(scheduling_strategy=affinity(node, soft=False))
                kill.remote(process, started)  # it may be stopped and hear of nothing else
                cells = self._tasks.pop(reference)
                self._ended(cells)
                for cell in waiting.failed(cells, last=True):
                    died = last != first  # another process of the task, before this one
                    end = batches.overdue(cell, self._commit, self._timeout, died=died)
                    found.append(self._failed(end))
            yield found

    def _overdue(self) -> list[Any]:
        """The tasks whose deadline is over. It begins with :func:`note_start`, because tasks wait
        in Ray's queue."""
        now = time.monotonic()
        if now - self._notes_read >= max(_LOOK_S, _LOOK_SHARE * len(self._tasks)):
            self._notes_read = now
            self._begun = {r: seen for r, seen in self._begun.items() if r in self._tasks}
            for reference in self._tasks:
                if reference not in self._begun and (note := read_note(_name(reference))):
                    self._begun[reference] = now, note
        late = [r for r, (begun, _) in self._begun.items() if now - begun > self._limit]
        return [reference for reference in late if reference in self._tasks]

    def cancel(self) -> None:
        """End the running cells. Ray 2.60 aborts this process if a task is over at the moment in
        which it is cancelled. So tasks that are over are left alone, and so is a Ray of our own,
        which ends with all in it."""
        running = list(self._tasks)
        if running and not self._own and self._health.fault() is None:  # a lost Ray never answers
            _, running = self._ray.wait(running, num_returns=len(running), timeout=0)
            for reference in running:
                self._ray.cancel(reference, force=True)
        self._tasks.clear()

    def close(self) -> None:
        """Leave nothing behind, for callers that go on with the same Ray afterwards."""
        if self._health.fault() is None:
            remove_notes(_prefix(self._ray))

    @abstractmethod
    def _has_room(self, waiting: Waiting) -> bool:
        """Whether a task with the next cells may be submitted by now."""

    @abstractmethod
    def _submit(self, kind: str, cells: Sequence[Cell]) -> Any:
        """A reference to what comes of ``cells``, run in a process of ``kind``."""

    @abstractmethod
    def _accepted(self, waiting: Waiting, cells: Sequence[Cell], answer: Any) -> Result:
        """What the task of ``cells`` returned."""

    @abstractmethod
    def _failed(self, outcome: Outcome) -> Result:
        """The ``outcome`` of a cell without an answer."""

    def _ended(self, cells: Sequence[Cell]) -> None:
        """The task of ``cells`` is over."""

    def _collect(self, waiting: Waiting) -> list[Result]:
        from hpobench.running.cells.outcome import unfinished_cell  # it imports Ray Tune

        if not self._tasks:
            return []
        references = list(self._tasks)
        ready, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(references, num_returns=1, timeout=0.5)
        found: list[Result] = []
        for reference in ready:
            cells = self._tasks[reference]
            try:
                found.append(self._accepted(waiting, cells, self._answer(reference)))
            except _TaskLostError as lost:
                # Ray has tried as often as it may.
                left = waiting.failed(cells, last=True)
                ends = [unfinished_cell(cell, self._commit, "failed", str(lost)) for cell in left]
                found += map(self._failed, ends)
            except (LostRayError, StoreError):
                if found:  # these are kept; the next call comes to the error again
                    break
                raise
            self._ended(self._tasks.pop(reference))
        return found

    def _answer(self, reference: Any) -> Any:
        """What the task returned; raises :class:`_TaskLostError` if its own process is at fault.
        Everything else is a failure of the machine, which is no outcome of a cell."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference, timeout=_FETCH_S)
        except errors.RayTaskError as error:
            if isinstance(error.cause, StoreError):
                raise error.cause from error
            raise _TaskLostError(_text("the cell was lost", error)) from error
        except errors.WorkerCrashedError as error:
            # When Ray's servers die, the processes of cells die with them, and may be seen first.
            if fault := self._health.fault_soon():
                raise LostRayError(fault) from error
            raise _TaskLostError(
                _text(f"{DIED}, in each of {batches.ATTEMPTS} attempts", error)
            ) from error
        except (errors.RayError, ConnectionError) as error:
            raise LostRayError(self._health.fault_soon() or f"Ray lost a cell: {error}") from error


def _text(reason: str, error: Exception) -> str:
    return f"{reason}\n\n{type(error).__name__}: {error}"


class VirtualCells(RayCells["Batch"]):
    """Runs virtual cells as Ray tasks, a limited number of them at a time. The limit follows the
    cluster's size, so nodes that join are used. A lost worker or node costs the attempt; Ray runs
    the task again up to three times."""

    def __init__(self, ray: Any, *, commit: str | None, timeout: float, own: bool = False) -> None:
        super().__init__(ray, commit=commit, timeout=timeout, own=own)
        self._remote = ray.remote(num_cpus=1, max_retries=batches.ATTEMPTS - 1)(_run_batch)
        self._remotes: dict[str, Any] = {}
        self._looked = -_REFRESH_S
        self._window = 0

    def run(self, cells: Sequence[Cell]) -> Iterator[list[Batch]]:
        return self.results(Waiting(cells, 1))

    def _has_room(self, waiting: Waiting) -> bool:
        now = time.monotonic()
        if now - self._looked >= _REFRESH_S:
            self._looked = now
            # Half as many again are queued, so that no processor waits for the driver.
            self._window = max(2, int(1.5 * self._ray.cluster_resources().get("CPU", 1)) + 1)
            waiting.processes = self._window
        return len(self._tasks) < self._window

    def _submit(self, kind: str, cells: Sequence[Cell]) -> Any:
        if kind not in self._remotes:
            self._remotes[kind] = self._remote.options(runtime_env=environment_of(kind))
        return self._remotes[kind].remote(cells, self._commit, self._timeout)

    def _accepted(self, waiting: Waiting, cells: Sequence[Cell], answer: Any) -> Batch:
        done: Done = answer
        waiting.done(cells, done)
        return done.batch

    def _failed(self, outcome: Outcome) -> Batch:
        from hpobench.store.write.batch import Batch

        return Batch.of([outcome])


def _run_batch(cells: Sequence[Cell], commit: str | None, timeout: float) -> Done:
    note_start()
    return batches.run_batch(cells, commit, timeout)

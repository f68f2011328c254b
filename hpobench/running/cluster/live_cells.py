"""The live cells of a run, and the long-lived worker processes that train for them."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hpobench.contract.cell import Cell
from hpobench.contract.errors import RayError
from hpobench.contract.training import Resources, TrainedProblem
from hpobench.plugins.building import build_problem
from hpobench.running.cells.batches import Waiting
from hpobench.running.cells.containment import environment_of, process_key
from hpobench.running.cluster.connect import LostRayError
from hpobench.running.cluster.ray_cells import RayCells, note_start

if TYPE_CHECKING:
    from hpobench.store.write.batch import Batch, Outcome

T = TypeVar("T")

_ANSWER_S = 120.0
"""How long a journal may take to be read or removed."""


def resources_of(cell: Cell) -> Resources:
    """The resources that one worker of ``cell`` holds."""
    problem = build_problem(cell.problem)
    return problem.resources if isinstance(problem, TrainedProblem) else Resources()


def _amounts(resources: Resources) -> dict[str, float]:
    """The amounts above zero, by Ray's names for them."""
    named = {"CPU": resources.cpu, "GPU": resources.gpu, **resources.custom}
    return {name: amount for name, amount in named.items() if amount}


def capacity(ray: Any, resources: Resources) -> int:
    """The workers that the cluster has room for as it is now, at least one."""
    total = ray.cluster_resources()
    counts = [total.get(name, 0) // amount for name, amount in _amounts(resources).items()]
    return max(1, int(min(counts, default=1)))


class LiveCells(RayCells["Outcome"]):
    """Runs live cells, as many at once as the cluster has room for with all their workers.

    Each cell is a process on the driver's node, where the journals are. If it dies, the cell is
    resumed. Its workers are processes wherever there is room, lent to one cell after another that
    needs the same resources and the same kind of process for code of its problem. Ray places them.
    A worker that finds no room waits until a node joins, and one whose process or node dies is
    started again, both without limit and under the same handle.
    """

    def __init__(
        self, ray: Any, *, commit: str | None, timeout: float, journals: Path, own: bool = False
    ) -> None:
        super().__init__(ray, commit=commit, timeout=timeout, own=own)
        self._journals = journals
        if ray.util.client.ray.is_connected():  # the cells run on the cluster's head
            name = hashlib.blake2b(str(journals).encode(), digest_size=8).hexdigest()
            self._journals = Path("~/.cache/hpobench/journals", name)
        self._run = secrets.token_hex(4)
        self._idle: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        """Workers that serve no cell, by the resources that they hold and their kind of process."""
        self._lent: dict[str, tuple[tuple[Any, ...], list[Any]]] = {}
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        self._remote = ray.remote(num_cpus=0, max_retries=-1, scheduling_strategy=here)(
            _run_live_cell
        )
        self._forget = ray.remote(num_cpus=0, scheduling_strategy=here)(_forget)
        self._read = ray.remote(num_cpus=0, scheduling_strategy=here)(_read)

    def run(self, cells: Sequence[Cell]) -> Iterator[list[Batch]]:
        from hpobench.store.write.batch import Batch

        for outcomes in self.outcomes(cells):
            yield [Batch.of([outcome]) for outcome in outcomes]

    def outcomes(self, cells: Sequence[Cell]) -> Iterator[list[Outcome]]:
        """The outcomes themselves, for callers that store nothing."""
        return self.results(Waiting(cells, len(cells), most=1))

    def _has_room(self, waiting: Waiting) -> bool:
        cell = waiting.first
        needs = _amounts(resources_of(cell))
        total = self._ray.cluster_resources()
        lacking = {name: n for name, n in needs.items() if total.get(name, 0) < n}
        if lacking:
            raise RayError(
                f"{cell.problem.label} asks for {_as_text(lacking)} a trial, and the cluster has "
                f"{_as_text({name: total.get(name, 0) for name in lacking})} in all"
            )
        if not self._tasks:
            return True
        used: dict[str, float] = defaultdict(float)
        for other in (*(other for (other,) in self._tasks.values()), cell):
            for name, amount in _amounts(resources_of(other)).items():
                used[name] += amount * other.workers
        return all(amount <= total.get(name, 0) for name, amount in used.items())

    def _submit(self, kind: str, cells: Sequence[Cell]) -> Any:
        (cell,) = cells
        resources, trains = resources_of(cell), process_key(cell.problem)
        key = (*sorted(_amounts(resources).items()), trains)
        idle = self._idle[key]
        workers = [idle.pop() for _ in range(min(cell.workers, len(idle)))]
        if lacking := cell.workers - len(workers):
            from hpobench.running.stages.live.ray_worker import Worker

            self._dismiss()
            threads = str(max(1, int(resources.cpu)))
            names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
            actor = self._ray.remote(Worker).options(
                num_cpus=resources.cpu,
                num_gpus=resources.gpu,
                resources=dict(resources.custom),
                max_restarts=-1,
                runtime_env=environment_of(trains, **dict.fromkeys(names, threads)),
            )
            workers += [actor.remote() for _ in range(lacking)]
        self._lent[cell.id] = key, workers
        task = self._remote.options(runtime_env=environment_of(kind))
        journal = self._path(cell.id)
        return task.remote(cell, self._commit, self._timeout, journal, self._run, workers)

    def _accepted(self, waiting: Waiting, cells: Sequence[Cell], answer: Any) -> Outcome:  # noqa: ARG002
        outcome: Outcome = answer
        # The cell may have failed because its workers died with Ray.
        if outcome.cell["status"] == "failed" and (fault := self._health.fault()):
            raise LostRayError(fault)
        return outcome

    def _failed(self, outcome: Outcome) -> Outcome:
        return outcome

    def _ended(self, cells: Sequence[Cell]) -> None:
        key, workers = self._lent.pop(cells[0].id)
        # Reversed: idle ones are taken from the end, and the first are likeliest to have room.
        self._idle[key] += reversed(workers)

    def _dismiss(self) -> None:
        """End the idle workers, whose resources other kinds of workers may need."""
        for workers in self._idle.values():
            for worker in workers:
                self._ray.kill(worker)
            workers.clear()

    def _path(self, cell: str) -> str:
        return str(self._journals / f"{cell}.journal")

    def journal(self, cell: str, read: Callable[[Path], T]) -> T:
        """What ``read`` returns for the journal of ``cell``, called on the node that has it."""
        found: T = self._ask(self._read.remote(read, self._path(cell)))
        return found

    def _ask(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference, timeout=_ANSWER_S)
        except self._ray.exceptions.RayTaskError:
            raise
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            raise LostRayError(self._health.fault_soon() or f"Ray lost a task: {error}") from error

    def close(self) -> None:
        if self._health.fault() is None:
            self._dismiss()
        super().close()

    def stored(self, statuses: Mapping[str, str]) -> None:
        """Remove the journals of cells that are stored."""
        # A cell that ran out of wall time may still be resumed.
        over = [self._path(cell) for cell, status in statuses.items() if status != "timeout"]
        self._ask(self._forget.remote(over))


def _as_text(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{amount:g} {name}" for name, amount in amounts.items())


def _run_live_cell(
    cell: Cell, commit: str | None, timeout: float, journal: str, run: str, workers: list[Any]
) -> Outcome:
    from hpobench.running.cells.live_cell import run_live_cell

    note_start()
    return run_live_cell(
        cell, commit, timeout, journal=Path(journal).expanduser(), run=run, workers=workers
    )


def _forget(paths: list[str]) -> None:
    for path in paths:
        Path(path).expanduser().unlink(missing_ok=True)


def _read(read: Callable[[Path], T], path: str) -> T:
    return read(Path(path).expanduser())

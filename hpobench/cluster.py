"""Cells as tasks on Ray: this machine, or the cluster that was named."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.cell import Cell
from hpobench.errors import RayError

if TYPE_CHECKING:
    from hpobench.store.writer import Outcome

LOCAL = "local"

# One thread a cell, and string hashes that do not change from worker to worker: neither may
# leak into a result.
_WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
_REFRESH_S = 5.0


@contextlib.contextmanager
def connected(address: str, cpus: int | None = None) -> Iterator[Any]:
    """Ray, connected to ``address`` inside the block.

    ``local`` starts a Ray of its own on this machine with ``cpus`` slots (all of the machine's
    if ``None``), even where ``RAY_ADDRESS`` names a cluster. ``auto`` or an address connects to
    that cluster and raises :class:`RayError` when there is none.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    options: dict[str, Any] = {"num_cpus": cpus or _cpus(), "include_dashboard": False}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": _worker_environment()},
            **(options if address == LOCAL else {}),
        )
    except Exception as error:
        raise RayError(
            f"no Ray cluster at address {address!r}: {error}; start one with `ray start --head`, "
            f"or leave out --address to use this machine alone"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _worker_environment() -> dict[str, str]:
    """What worker processes see, on other machines too: our pins and the data folder."""
    data = os.environ.get("HPOBENCH_DATA")
    return _WORKER_ENVIRONMENT | ({"HPOBENCH_DATA": str(Path(data).resolve())} if data else {})


def _cpus() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Tasks:
    """Runs cells as Ray tasks, a window at a time, and yields their outcomes as they come.

    The window follows the cluster's size, so nodes that join are used. A lost worker or node
    costs the attempt; Ray runs the cell again up to ``retries`` times.
    """

    def __init__(self, ray: Any, *, commit: str | None, retries: int = 3) -> None:
        self._ray, self._commit = ray, commit
        self._remote = ray.remote(num_cpus=1, max_retries=retries)(_run_cell)
        self._looked = -_REFRESH_S
        self._window = 0
        self.running: dict[Any, Cell] = {}

    def run(self, cells: Sequence[Cell]) -> Iterator[list[tuple[Cell, Outcome | Exception]]]:
        """Yields what has finished, at least every half second (maybe nothing)."""
        waiting = iter(cells)
        exhausted = False
        while self.running or not exhausted:
            while not exhausted and len(self.running) < self._slots():
                cell = next(waiting, None)
                if cell is None:
                    exhausted = True
                else:
                    self.running[self._remote.remote(cell.to_json(), self._commit)] = cell
            yield self._collect()

    def cancel(self) -> None:
        """Give up what is running."""
        for reference in self.running:
            self._ray.cancel(reference, force=True)
        self.running.clear()

    def _slots(self) -> int:
        now = time.monotonic()
        if now - self._looked >= _REFRESH_S:
            self._looked = now
            # Half as many again are queued, so that no slot waits for the driver.
            self._window = max(2, int(1.5 * self._ray.cluster_resources().get("CPU", 1)) + 1)
        return self._window

    def _collect(self) -> list[tuple[Cell, Outcome | Exception]]:
        if not self.running:
            return []
        references = list(self.running)
        ready, _ = self._ray.wait(references, num_returns=len(references), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(references, num_returns=1, timeout=0.5)
        finished: list[tuple[Cell, Outcome | Exception]] = []
        for reference in ready:
            cell = self.running.pop(reference)
            try:
                finished.append((cell, self._ray.get(reference)))
            except self._ray.exceptions.RayError as error:
                finished.append((cell, error))
        return finished


def _run_cell(data: dict[str, Any], commit: str | None) -> Outcome:
    from hpobench.runner import run_cell

    return run_cell(Cell.from_json(data), commit)

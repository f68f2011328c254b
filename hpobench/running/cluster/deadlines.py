"""The driver's own deadline for each cell, which holds whatever the cell's process does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from hpobench.running.cells.batches import GRACE_S
from hpobench.running.ray.servers import put_note, read_note, remove_notes

_LOOK_S, _LOOK_SHARE = 1.0, 0.002


class Deadlines:
    """The deadlines of running tasks.

    A task calls :func:`note_start` when it begins, because tasks wait in Ray's queue. All attempts
    at a task share its deadline.
    """

    def __init__(self, ray: Any, limit: float) -> None:
        self._ray, self._limit = ray, limit + GRACE_S
        self._begun: dict[Any, tuple[float, str]] = {}
        """When a task was seen to have begun, and where."""
        self._looked = time.monotonic()
        self._kill = ray.remote(num_cpus=0, max_retries=0)(_kill)

    def overdue(self, references: Collection[Any]) -> list[Any]:
        """Those of ``references`` whose deadline is over."""
        now = time.monotonic()
        if now - self._looked >= max(_LOOK_S, _LOOK_SHARE * len(references)):
            self._looked = now
            self._begun = {r: seen for r, seen in self._begun.items() if r in references}
            for reference in references:
                if reference not in self._begun and (note := read_note(_name(reference))):
                    self._begun[reference] = now, note
        late = [r for r, (begun, _) in self._begun.items() if now - begun > self._limit]
        return [reference for reference in late if reference in references]

    def end(self, reference: Any) -> bool:
        """End an overdue task and its process, also one that is stopped and hears of nothing.

        Returns whether another process of the task has died before.
        """
        self._ray.cancel(reference, force=True)
        _, first = self._begun.pop(reference)
        last = read_note(_name(reference)) or first
        node, process, started = json.loads(last)
        there = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            node, soft=False
        )
        self._kill.options(scheduling_strategy=there).remote(process, started)
        return last != first

    def close(self) -> None:
        """Remove the notes of this connection to Ray."""
        remove_notes(_prefix(self._ray))


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
    """SIGKILL to a process of this node, unless its number is another's by now."""
    with contextlib.suppress(ProcessLookupError):
        if _started(process) == started:
            os.kill(process, signal.SIGKILL)


def _started(process: int) -> str:
    """When a process of this machine started, in the system's ticks; empty if nothing tells."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""

"""Results that have arrived from workers and wait until the controller asks for them."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hpobench.contract.errors import TrialError
from hpobench.running.stages.actor import Actor, Step
from hpobench.running.stages.live.journal import Blob
from hpobench.running.stages.live.output import LIMIT


@dataclass(frozen=True)
class Arrival:
    """A step as it arrived."""

    order: int
    clock: float
    number: int
    """The number of the step within its trial."""
    config: str
    """The digest of the configuration that was trained."""
    step: Step
    saved: Blob | None
    """The state after the step, where the worker sent it."""


class Arrivals:
    """Arrived steps by trial, made of the records of a journal."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[Arrival]] = defaultdict(deque)
        self._count = 0
        self.output: dict[int, str] = {}
        """What trials printed."""
        self.notes: dict[int, dict[int, Any]] = defaultdict(dict)
        """What trainings noted, by trial and step."""

    def add(self, header: dict[str, Any], saved: Blob | None) -> None:
        """Let the steps of one record arrive."""
        trial, worker = header["trial"], header["worker"]
        steps = [Step(loss, heldout, cost, worker) for loss, heldout, cost, _ in header["results"]]
        last = len(steps) - 1
        if "error" in header:
            error = TrialError(header["error"])
            steps.append(Step(math.nan, None, header["cost"], worker, error))
        for i, step in enumerate(steps):
            state = saved if i == last else None
            self._count += 1
            number = header["step"] + i
            self._waiting[trial].append(
                Arrival(self._count, header["clock"], number, header["config"], step, state)
            )
        self.notes[trial].update(header.get("notes", ()))
        if "output" in header:
            self.output[trial] = (self.output.get(trial, "") + header["output"])[-LIMIT:]

    def first(self, actors: Iterable[Actor]) -> Actor | None:
        """The one of ``actors`` whose next result arrived first, if any has arrived."""
        arrived = [actor for actor in actors if self._waiting[actor.trial]]
        return min(arrived, key=lambda a: self._waiting[a.trial][0].order, default=None)

    def take(self, trial: int) -> Arrival:
        """Remove and return the next arrival of ``trial``."""
        return self._waiting[trial].popleft()

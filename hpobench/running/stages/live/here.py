"""A worker in the process of the cell itself, for a live stage without a cluster."""

from __future__ import annotations

import time
from typing import Any

from hpobench.contract.training import TrainedProblem
from hpobench.running.stages.live.connections import Answer, Connections, Link
from hpobench.running.stages.live.trainer import Trainer

_PAUSE_S = 0.01


class _Here(Link):
    """The link to the only worker. An order waits until the cell has nothing else to do."""

    def __init__(self) -> None:
        super().__init__(0)
        self.waiting: tuple[dict[str, Any], bytes] | None = None

    def order(self, header: dict[str, Any], state: bytes = b"") -> None:
        self.waiting = header, state


class HereConnections(Connections):
    """One worker, which trains while the cell waits. Signals pass through what it trains."""

    def __init__(self, problem: TrainedProblem) -> None:
        self._trainer = Trainer(problem, 0.0, ending=lambda: True)
        self.links: list[_Here] = [_Here()]

    def wait(self, timeout: float) -> list[Answer]:
        link = self.links[0]
        if link.waiting is None:
            time.sleep(min(timeout, _PAUSE_S))
            return []
        (header, state), link.waiting = link.waiting, None
        return [(link, *self._trainer.execute(header, state))]

    def disconnect(self, link: Link) -> None:  # noqa: ARG002 - there is only one
        """Drop what the link was ordered to do; another one takes its place."""
        self.links = [_Here()]

    def why_lost(self, link: Link) -> str:
        raise AssertionError(f"worker {link.number} is this process, which goes on")

    def close(self) -> None:
        self._trainer.close()

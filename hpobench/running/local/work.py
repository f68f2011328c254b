"""What a worker process does: it runs batches of cells and hands back what they left."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from hpobench.running.cells.batches import run_batch
from hpobench.running.cells.containment import VARIABLE
from hpobench.running.local.channel import Channel, ChannelClosedError


@dataclass(frozen=True)
class Work:
    """What all cells of a worker have in common."""

    commit: str | None
    """That of the checkout."""
    timeout: float
    """The wall seconds that a cell may take."""
    folder: str
    """The results folder, in which the worker writes the rows of events and trials itself."""
    kind: str = ""
    """The kind of process, as :func:`hpobench.running.cells.containment.cell_key` names it."""

    def to_text(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def from_text(cls, text: str) -> Work:
        return cls(**json.loads(text))


def serve(channel: Channel, work: Work) -> None:
    """Answer every list of cells with a :class:`~hpobench.running.cells.batches.Done`, until the
    run closes its end."""
    if work.kind:
        os.environ[VARIABLE] = work.kind
    while True:
        try:
            cells = channel.receive()
        except ChannelClosedError:
            return
        os.ftruncate(2, 0)  # what it says of a cell that kills it begins with this batch
        channel.send(run_batch(cells, work.commit, work.timeout, Path(work.folder)))

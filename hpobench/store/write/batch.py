"""Events of one cell, and finished cells on their way into a store.

The process that ran some cells makes their rows, writes the files of events and trials, or hands
over their bytes where it cannot reach the store, and leaves to the run what is small: the rows of
the cells, and what an observer wants to know of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.store.format import disk, schema


@dataclass(slots=True)
class Event:
    """One result of one trial. :data:`hpobench.store.format.schema.EVENTS` explains the fields,
    which are its columns after ``cell``."""

    trial: int
    step: int
    resource: float
    clock: float
    loss: float
    heldout: float | None
    cost: float
    worker: int
    parent: int | None
    parent_step: int | None
    config: str | None
    decision: str = ""
    """Empty until the scheduler has decided."""


def events_table(cell: str, events: Sequence[Event]) -> pa.Table:
    """The rows of the cell with the id ``cell``, labels as plain strings."""
    columns = {f.name: list(map(attrgetter(f.name), events)) for f in fields(Event)}
    return pa.table({"cell": [cell] * len(events), **columns}, schema.plain(schema.EVENTS))


@dataclass(frozen=True)
class Outcome:
    """The result of one cell, finished or failed."""

    cell: dict[str, Any]
    """A row of ``cells`` without the names of its files and ``in_suite``."""
    events: pa.Table
    trials: pa.Table
    signature: str | None = None
    """The problem's, as JSON; ``None`` if the problem could not be built."""
    output: Mapping[int, str] = field(default_factory=dict)
    """What trials printed, by their number."""

    @property
    def final(self) -> float | None:
        """The incumbent's last loss, held out where there is one; ``None`` without results."""
        if not len(self.events):
            return None
        best = int(self.events["loss"].to_numpy().argmin())
        heldout: float | None = self.events["heldout"][best].as_py()
        return self.events["loss"][best].as_py() if heldout is None else heldout


@dataclass(frozen=True)
class CellEnd:
    """How one cell ended, for those who watch a run."""

    cell: str
    searcher: str
    scheduler: str
    problem: str
    seed: int
    workers: int
    status: str
    final: float | None
    """:attr:`Outcome.final`."""

    @classmethod
    def of(cls, outcome: Outcome) -> CellEnd:
        row = {key: value for key, value in outcome.cell.items() if key in cls.__annotations__}
        return cls(**row, final=outcome.final)


@dataclass(frozen=True)
class Batch:
    """Finished cells of one process."""

    ended: tuple[CellEnd, ...]
    rows: pa.Table
    """Their rows of ``cells``."""
    signatures: frozenset[tuple[str, str]]
    """Labels of problems with their signatures."""
    output: Mapping[str, Mapping[int, str]]
    """What trials printed, by cell and number."""
    files: Mapping[str, bytes]
    """The files that the rows name and that are not in the store's folder yet."""

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], folder: Path | None = None) -> Batch:
        """The batch of ``outcomes``, whose files are written into ``folder`` if there is one."""
        named: dict[str, str | None] = {}
        unwritten = {}
        for kind in ("events", "trials"):
            table = pa.concat_tables([getattr(outcome, kind) for outcome in outcomes])
            file = disk.RowFile.of(kind, table) if len(table) else None
            named[f"{kind}_shard"] = file.name if file else None
            if file and folder:
                file.write(folder)
            elif file:
                unwritten[file.name] = file.data
        return cls(
            ended=tuple(map(CellEnd.of, outcomes)),
            rows=pa.Table.from_pylist(
                [{**o.cell, **named, "in_suite": True} for o in outcomes], schema=schema.CELLS
            ),
            signatures=frozenset(
                (o.cell["problem"], o.signature) for o in outcomes if o.signature is not None
            ),
            output={o.cell["cell"]: o.output for o in outcomes if o.output},
            files=unwritten,
        )

    def outcomes(self, folder: Path) -> Iterator[Outcome]:
        """The outcomes again, once the files are in ``folder``; without what trials printed."""
        tables = {kind: disk.read_rows(folder, kind, self.rows) for kind in disk.COUNTS}
        for row in self.rows.to_pylist():
            parts = (t.filter(pc.equal(t["cell"], row["cell"])) for t in tables.values())
            yield Outcome(row, *parts)

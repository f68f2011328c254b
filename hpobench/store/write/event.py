"""One row of the events table, from the step that made it to the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import pyarrow as pa

from hpobench.store.format.schema import EVENTS, plain


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


_FIELDS = [field.name for field in dataclasses.fields(Event)]
_values = attrgetter(*_FIELDS)
_SCHEMA = plain(EVENTS)


def events_table(cell: str, events: Sequence[Event]) -> pa.Table:
    """The rows of the cell with the id ``cell``, labels as plain strings."""
    if not events:
        return _SCHEMA.empty_table()
    columns = zip(*map(_values, events), strict=True)
    rows = {"cell": [cell] * len(events), **dict(zip(_FIELDS, columns, strict=True))}
    return pa.table(rows, schema=_SCHEMA)

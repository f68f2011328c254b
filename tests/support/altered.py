"""Stores altered by somebody who recomputes every hash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hpobench.store.format import disk, index
from hpobench.store.write.batch import Batch, Outcome
from hpobench.store.write.writer import open_writer


@dataclass
class Stored:
    """What a store holds of one cell; rows are lists of mappings."""

    row: dict[str, Any]
    events: list[dict[str, Any]]
    trials: list[dict[str, Any]]


def alter(folder: Path, cell: str, change: Callable[[Stored], None]) -> None:
    """Let ``change`` alter what ``folder`` holds of ``cell``; the files are whole afterwards."""
    table = index.load_cells(folder)
    cells = table.filter(pc.equal(table["cell"], cell))
    tables = {kind: disk.read_rows(folder, kind, cells) for kind in disk.COUNTS}
    stored = Stored(*cells.to_pylist(), *(t.to_pylist() for t in tables.values()))
    change(stored)
    rows = [pa.Table.from_pylist(getattr(stored, k), schema=t.schema) for k, t in tables.items()]
    with open_writer(folder) as writer:
        writer.add([Batch.of([Outcome(stored.row, *rows)])])
        writer.compact()

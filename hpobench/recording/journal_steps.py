"""The steps of a live cell, read from its journal.

The store keeps the cost of a step in wall seconds only; the journal has processor seconds too.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from hpobench.running.stages.live.journal import read_headers

MEASURED = pa.schema(
    {
        "trial": pa.int32(),
        "step": pa.int32(),  # 1, 2, ...
        "loss": pa.float64(),
        "heldout": pa.float64(),
        "wall": pa.float64(),  # seconds
        "cpu": pa.float64(),  # seconds of the processor, over all threads
    }
)


class Tally(NamedTuple):
    """The numbers of trials that are over."""

    finished: int = 0
    failed: int = 0
    """The number of finished trials that failed."""


def tally(journal: Path, steps: int) -> Tally:
    """The progress of the cell with ``journal``, whose whole trials have ``steps`` steps."""
    finished = failed = 0
    for header in read_headers(journal):
        if "trial" in header:
            error = "error" in header
            finished += error or header["step"] + len(header["results"]) > steps
            failed += error
    return Tally(finished, failed)


def measured(journal: Path) -> pa.Table:
    """Every finished step in ``journal``, with the columns of :data:`MEASURED`."""
    rows = [
        (header["trial"], header["step"] + i, *result)
        for header in read_headers(journal)
        if "trial" in header
        for i, result in enumerate(header["results"])
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(MEASURED)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, MEASURED, strict=True)], MEASURED)

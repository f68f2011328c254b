"""Tables sorted into buckets, on disk where they are too large for the memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MEMORY = 2**27
"""Bytes that wait in memory before they go to disk."""


class Buckets:
    """``count`` buckets of rows with ``columns``. Rows keep the order in which they came."""

    def __init__(self, count: int, columns: pa.Schema, folder: Path) -> None:
        """What does not fit into memory goes to a file in ``folder`` that nobody else sees and
        that is gone when the process ends."""
        self._columns, self._folder = columns, folder
        self._waiting: list[list[pa.Table]] = [[] for _ in range(count)]
        self._bytes = 0
        self._written: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        """Where the pieces of each bucket lie in the file."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open as long as this is

    def add(self, table: pa.Table, numbers: NDArray[np.int64]) -> None:
        """Put the rows of ``table`` into the buckets with these ``numbers``."""
        if not len(table):
            return
        order = np.argsort(numbers, kind="stable")
        there, begins = np.unique(numbers[order], return_index=True)
        for number, rows in zip(there, np.split(order, begins[1:]), strict=True):
            piece = table.take(pa.array(rows))
            self._waiting[number].append(piece)
            self._bytes += piece.nbytes
        if self._bytes > MEMORY:
            self._spill()

    def _spill(self) -> None:
        for number, pieces in enumerate(self._waiting):
            if pieces:
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, self._columns) as stream:
                    stream.write_table(pa.concat_tables(pieces))
                begin = self._file.seek(0, 2)
                self._file.write(sink.getvalue())
                self._written[number].append((begin, self._file.tell() - begin))
                pieces.clear()
        self._bytes = 0

    def take(self, number: int) -> pa.Table:
        """The rows of a bucket, which is empty afterwards."""
        found = [self._columns.empty_table()]
        for begin, length in self._written[number]:
            self._file.seek(begin)
            found.append(pa.ipc.open_stream(self._file.read(length)).read_all())
        found += self._waiting[number]
        self._waiting[number], self._written[number] = [], []
        return pa.concat_tables(found)

    def close(self) -> None:
        self._file.close()

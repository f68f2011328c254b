"""Bringing a results folder into its canonical form.

The same finished cells are the same bytes, however often their run was interrupted and whichever
process ran them. Events and trials lie in files of whole cells, sorted by the cells' ids;
``cells.parquet`` has all rows of cells in the same order. Everything goes through
:class:`Buckets`, so that a store may be much larger than the memory.
"""

from __future__ import annotations

import bisect
import contextlib
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hpobench.contract.files import read_whole
from hpobench.store.format import disk, index, schema

FILE_ROWS = 1_000_000
"""Events in a canonical file, as whole cells; only the last file holds fewer."""
_GROUP_ROWS = 2**15
"""Cells in a row group of ``cells.parquet``."""
MEMORY = 2**27
"""Bytes that wait in memory before they go to disk."""
_COLUMNS = ("cell", "trials", "results", "events_shard", "trials_shard")


@dataclass(frozen=True)
class Members:
    """The cells of the present suite, and the labels that it gives them."""

    cells: pa.Array
    searchers: pa.Array
    schedulers: pa.Array

    @classmethod
    def of(cls, labels: Mapping[str, tuple[str, str]]) -> Members:
        """``labels`` are those of the searcher and the scheduler, by the id of the cell."""
        columns = list(labels), *([pair[i] for pair in labels.values()] for i in (0, 1))
        return cls(*(pa.array(column, pa.string()) for column in columns))

    def applied(self, rows: pa.Table) -> pa.Table:
        """``rows`` of cells, in this suite or not, with the present labels of those that are."""
        place = pc.index_in(rows["cell"], value_set=self.cells)
        found = {"in_suite": pc.is_valid(place)}
        for column, labels in (("searcher", self.searchers), ("scheduler", self.schedulers)):
            found[column] = pc.coalesce(pc.take(labels, place), rows[column])
        return _with(rows, found)


class Ranges:
    """Ranges of sorted ids: those of the cells of each file, or of each row group."""

    def __init__(self, names: pa.ChunkedArray, begins: Sequence[int]) -> None:
        """``names`` are all ids, sorted; a range begins at each place of ``begins``."""
        self._firsts: list[str] = names.take(pa.array(begins, pa.int64())).to_pylist()

    def __len__(self) -> int:
        return len(self._firsts)

    def numbers(self, cells: pa.ChunkedArray) -> NDArray[np.int64]:
        """The range in which each of ``cells`` lies."""
        encoded = cells.combine_chunks().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        known = [bisect.bisect_right(self._firsts, name) - 1 for name in names]
        found: NDArray[np.int64] = np.array(known, dtype=np.int64)[np.asarray(encoded.indices)]
        return found


class Buckets:
    """``count`` buckets of rows with ``columns``. Rows keep the order in which they came.
    What does not fit into memory goes to a file in ``folder`` that nobody else sees and that is
    gone when the process ends."""

    def __init__(self, count: int, columns: pa.Schema, folder: Path) -> None:
        self._columns = columns
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
        if self._bytes <= MEMORY:
            return
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


def compact(folder: Path, members: Members | None) -> None:
    """Bring ``folder`` into its canonical form, if it is not in it already."""
    cells = index.load_cells(folder, _COLUMNS)
    cells = cells.take(pc.sort_indices(cells["cell"]))
    begins, rows = [], FILE_ROWS
    for place, count in enumerate(cells["results"].to_pylist()):
        if rows >= FILE_ROWS:
            begins.append(place)
            rows = 0
        rows += count
    columns = [f"{kind}_shard" for kind in disk.COUNTS]
    if not all(_are_canonical(cells[column], begins) for column in columns):
        ranges = Ranges(cells["cell"], begins)
        files = {f"{kind}_shard": _written(folder, kind, cells, ranges) for kind in disk.COUNTS}
        fold(folder, members, files=(ranges, files))
    elif index.commits(folder):
        fold(folder, members)


def _are_canonical(column: pa.ChunkedArray, begins: Sequence[int]) -> bool:
    """Whether each group of cells has one file of its own in ``column`` already."""
    groups = np.searchsorted(begins, np.arange(len(column)), side="right")
    pairs = pa.table({"group": groups, "shard": column}).group_by(["group", "shard"]).aggregate([])
    named = pairs["shard"].drop_null().to_pylist()
    return len(pairs) == len(begins) and len(named) == len(set(named))


def _written(folder: Path, kind: str, cells: pa.Table, ranges: Ranges) -> list[str | None]:
    """Write the rows of ``kind`` of each range, sorted by cell; returns the files' names."""
    names = list[str | None]()
    plain = schema.plain(schema.TABLES[kind])
    with contextlib.closing(Buckets(len(ranges), plain, folder)) as buckets:
        for table in disk.rows_by_file(folder, kind, cells):
            buckets.add(table, ranges.numbers(table["cell"]))
        for number in range(len(ranges)):
            table = _by_cell(buckets.take(number))
            file = disk.RowFile.of(kind, table) if len(table) else None
            if file:
                file.write(folder)
            names.append(file.name if file else None)
    return names


def _by_cell(table: pa.Table) -> pa.Table:
    """``table`` sorted by cell, with the rows of each in their order."""
    return table.take(pc.sort_indices(table["cell"]))  # stable


def fold(
    folder: Path,
    members: Members | None,
    *,
    drop: Collection[str] = (),
    files: tuple[Ranges, Mapping[str, list[str | None]]] | None = None,
) -> None:
    """Bring all rows of cells into ``cells.parquet``, without those of ``drop``. ``members`` give
    the labels, if they are known; ``files`` the new names of files by column and range."""
    paths = index.cell_files(folder)
    names = [index.read_cells(path, ("cell",))["cell"] for path in paths]
    keep = index.latest(names)
    if drop:
        gone = pa.array(sorted(drop), pa.string())
        dropped = [np.asarray(pc.is_in(column, value_set=gone)) for column in names]
        keep = [mask & ~out for mask, out in zip(keep, dropped, strict=True)]
    left = [column.filter(pa.array(mask)) for column, mask in zip(names, keep, strict=True)]
    ids = pa.chunked_array([chunk for column in left for chunk in column.chunks], pa.string())
    groups = Ranges(ids.take(pc.sort_indices(ids)), range(0, len(ids), _GROUP_ROWS))
    count = max(1, len(groups))  # a file without any cell has one group, which is empty
    with contextlib.closing(Buckets(count, schema.CELLS, folder)) as buckets:
        for path, mask in zip(paths, keep, strict=True):
            for rows in _kept(path, mask):
                if files is not None:
                    ranges, new = files
                    where = pa.array(ranges.numbers(rows["cell"]))
                    taken = {
                        name: pa.array(of, pa.string()).take(where) for name, of in new.items()
                    }
                    rows = _with(rows, taken)
                rows = members.applied(rows) if members else rows
                buckets.add(rows, groups.numbers(rows["cell"]))
        tables = (_by_cell(buckets.take(number)) for number in range(count))
        data = disk.tables_bytes(tables, schema.CELLS, sealed=True)
    index.write(folder / index.CELLS, data)
    # The earliest first: whenever this ends, what is left says nothing older than cells.parquet.
    for path in index.commits(folder):
        index.remove(path)


def _kept(path: Path, mask: NDArray[np.bool_]) -> Iterator[pa.Table]:
    """The rows of the file of cells ``path`` where ``mask`` is true, some at a time."""
    begin = 0
    with pq.ParquetFile(pa.BufferReader(read_whole(path))) as file:
        for batch in file.iter_batches(_GROUP_ROWS):
            rows = pa.table(batch).replace_schema_metadata()
            yield rows.filter(pa.array(mask[begin : begin + len(rows)]))
            begin += len(rows)


def _with(rows: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(name), values)
    return rows

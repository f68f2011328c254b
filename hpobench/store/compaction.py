"""Bringing a results folder into its canonical form.

The same finished cells are the same bytes, however often their run was interrupted and whichever
process ran them. Events and trials lie in shards of whole cells, sorted by the cells' ids;
``cells.parquet`` has all rows of cells in the same order. Everything goes through
:class:`~hpobench.store.buckets.Buckets`, so that a store may be much larger than the memory.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hpobench.contract.files import read_whole
from hpobench.store import files, index, schema
from hpobench.store.buckets import Buckets

SHARD_ROWS = 1_000_000
"""Events in a canonical shard, as whole cells; only the last shard holds fewer."""
_GROUP_ROWS = 2**16
"""Cells in a row group of ``cells.parquet``."""
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
        pairs = list(labels.values())
        searchers, schedulers = ([pair[i] for pair in pairs] for i in (0, 1))
        text = pa.string()
        return cls(
            pa.array(list(labels), text), pa.array(searchers, text), pa.array(schedulers, text)
        )

    def applied(self, rows: pa.Table) -> pa.Table:
        """``rows`` of cells, in this suite or not, with the present labels of those that are."""
        place = pc.index_in(rows["cell"], value_set=self.cells)
        found = {"in_suite": pc.is_valid(place)}
        for column, labels in (("searcher", self.searchers), ("scheduler", self.schedulers)):
            found[column] = pc.coalesce(pc.take(labels, place), rows[column])
        return _with(rows, found)


@dataclass(frozen=True)
class Groups:
    """The canonical shards: which cells each of them has."""

    names: pa.Array
    """The ids of all cells, sorted."""
    begins: NDArray[np.int64]
    """The place of the first cell of each group."""

    @classmethod
    def of(cls, cells: pa.Table) -> Groups:
        """The groups of ``cells``: sorted, cut whenever enough rows are together."""
        cells = cells.take(pc.sort_indices(cells["cell"]))
        begins, rows = [], SHARD_ROWS
        for place, results in enumerate(cells["results"].to_pylist()):
            if rows >= SHARD_ROWS:
                begins.append(place)
                rows = 0
            rows += results
        return cls(cells["cell"].combine_chunks(), np.array(begins, dtype=np.int64))

    def places(self, cells: pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of ``cells`` among all."""
        encoded = cells.combine_chunks().dictionary_encode()
        known = [self._place[name] for name in encoded.dictionary.to_pylist()]
        found: NDArray[np.int64] = np.array(known, dtype=np.int64)[np.asarray(encoded.indices)]
        return found

    @functools.cached_property
    def _place(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names.to_pylist())}

    def numbers(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The groups of cells, given by their ``places``."""
        return np.searchsorted(self.begins, places, side="right") - 1

    def are_shards(self, cells: pa.Table, column: str) -> bool:
        """Whether each group has one shard of its own in ``column`` already."""
        groups = self.numbers(self.places(cells["cell"]))
        pairs = set(zip(groups.tolist(), cells[column].to_pylist(), strict=True))
        named = [shard for _, shard in pairs if shard]
        return len(pairs) == len(self.begins) and len(named) == len(set(named))


def compact(folder: Path, members: Members | None) -> None:
    """Bring ``folder`` into its canonical form, if it is not in it already."""
    cells = index.load_cells(folder, _COLUMNS)
    groups = Groups.of(cells)
    columns = [f"{kind}_shard" for kind in files.COUNTS]
    if not all(groups.are_shards(cells, column) for column in columns):
        shards = {
            f"{kind}_shard": [
                _write(folder, kind, table) for table in _sorted(folder, kind, cells, groups)
            ]
            for kind in files.COUNTS
        }
        fold(folder, members, groups=groups, shards=shards)
    elif index.commits(folder):
        fold(folder, members)


def _write(folder: Path, kind: str, table: pa.Table) -> str | None:
    if not len(table):
        return None
    shard = files.Shard.of(kind, table)
    shard.write(folder)
    return shard.name


def _sorted(folder: Path, kind: str, cells: pa.Table, groups: Groups) -> Iterator[pa.Table]:
    """The rows of ``kind`` of each group, sorted by cell; the rows of a cell keep their order."""
    stored = cells.filter(pc.is_valid(cells[f"{kind}_shard"])).to_pydict()
    shards = dict(zip(stored["cell"], stored[f"{kind}_shard"], strict=True))
    counts = dict(zip(stored["cell"], stored[files.COUNTS[kind]], strict=True))
    plain = schema.plain(schema.TABLES[kind])
    with contextlib.closing(Buckets(len(groups.begins), plain, folder)) as buckets:
        for table in files.shard_tables(folder, kind, shards, counts):
            buckets.add(table, groups.numbers(groups.places(table["cell"])))
        for number in range(len(groups.begins)):
            table = buckets.take(number)
            yield table.take(pa.array(np.argsort(groups.places(table["cell"]), kind="stable")))


def fold(
    folder: Path,
    members: Members | None,
    *,
    drop: Collection[str] = (),
    groups: Groups | None = None,
    shards: Mapping[str, list[str | None]] | None = None,
) -> None:
    """Bring all rows of cells into ``cells.parquet``, without those of ``drop``.

    ``members`` give the labels, if they are known; ``groups`` and ``shards`` the new names of
    shards, by column and group.
    """
    paths = index.cell_files(folder)
    names = [index.read_cells(path, ("cell",))["cell"] for path in paths]
    keep = index.latest(names)
    if drop:
        gone = pa.array(sorted(drop), pa.string())
        dropped = [np.asarray(pc.is_in(column, value_set=gone)) for column in names]
        keep = [mask & ~out for mask, out in zip(keep, dropped, strict=True)]
    left = [column.filter(pa.array(mask)) for column, mask in zip(names, keep, strict=True)]
    ids = pa.chunked_array([chunk for column in left for chunk in column.chunks], pa.string())
    order = groups or Groups(ids.take(pc.sort_indices(ids)).combine_chunks(), np.zeros(1, np.int64))
    count = max(1, -(-len(ids) // _GROUP_ROWS))
    with contextlib.closing(Buckets(count, schema.CELLS, folder)) as buckets:
        for path, mask in zip(paths, keep, strict=True):
            for rows in _kept(path, mask):
                places = order.places(rows["cell"])
                if shards is not None:
                    rows = _renamed(rows, order.numbers(places), shards)
                rows = members.applied(rows) if members else rows
                buckets.add(rows, places // _GROUP_ROWS)
        tables = (
            table.take(pa.array(np.argsort(order.places(table["cell"]), kind="stable")))
            for table in map(buckets.take, range(count))
        )
        data = files.tables_bytes(tables, schema.CELLS, sealed=True)
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


def _renamed(
    rows: pa.Table, numbers: NDArray[np.int64], shards: Mapping[str, list[str | None]]
) -> pa.Table:
    where = pa.array(numbers)
    return _with(
        rows, {name: pa.array(new, pa.string()).take(where) for name, new in shards.items()}
    )


def _with(rows: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(name), values)
    return rows

"""The files of a results folder, written whole and checked when read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hpobench.contract import wording
from hpobench.contract.errors import StoreError
from hpobench.contract.files import (
    is_regular,
    is_there,
    locked,
    own_folder,
    read_whole,
    write_whole,
)
from hpobench.store.format import checks, schema, seal

COUNTS = {"events": "results", "trials": "trials"}
"""The column of ``cells`` that counts a cell's rows, by the kind of file that holds them."""


def replace(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, whole or not at all; raises :class:`StoreError`."""
    with explained(path):
        write_whole(path, data)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` on ``path`` into a :class:`StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(
                f"{path}: the disk is full; free some space and run the same command again, "
                "cells that are stored are kept"
            ) from error
        raise StoreError(f"{path}: {error.strerror or error}") from error


class DamagedError(StoreError):
    """The file ``path`` in a results folder is not what was written there; it holds ``cells``."""

    def __init__(self, path: Path, what: str, cells: Collection[str] = ()) -> None:
        self.what = what
        cost = f"; it has results of {listed(cells)}" if cells else ""
        super().__init__(
            f"{path}: damaged: {what}{cost}. `hpobench verify {path.parent}` looks for more "
            "damage; with --repair it restores what it can and drops the rest, which "
            "`hpobench run` makes anew"
        )


class OtherVersionError(StoreError):
    """A table of another version of the schema, which is no damage."""


class LockedError(StoreError):
    """Another process writes into the folder."""


def listed(cells: Collection[str]) -> str:
    """``3 cells (a, b, c)``, and of many the first few."""
    return f"{wording.count(len(cells), 'cell')} ({wording.listed(sorted(cells), most=3)})"


def refuse_links(folder: Path) -> None:
    """Raise :class:`StoreError` if a folder inside the results folder ``folder`` is a link."""
    for name in ("copies", "journals", "output", "report"):
        if is_there(folder / name):
            own_folder(folder / name)


def table_bytes(table: pa.Table, *, sealed: bool = False) -> bytes:
    """``table`` as parquet, ``sealed`` if its name will not be a hash. The same rows give the same
    bytes."""
    return tables_bytes([table], table.schema, sealed=sealed)


def tables_bytes(tables: Iterable[pa.Table], columns: pa.Schema, *, sealed: bool = False) -> bytes:
    """``tables`` one after the other as parquet, each in a row group of its own."""
    metadata = {"hpobench_schema": str(schema.VERSION)}
    metadata |= {seal.KEY: seal.BLANK} if sealed else {}
    sink = pa.BufferOutputStream()
    stamped = columns.with_metadata(metadata)
    with pq.ParquetWriter(sink, stamped, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table.replace_schema_metadata(metadata), row_group_size=2**20)
    data = bytes(sink.getvalue())
    return seal.sealed(data) if sealed else data


def file_name(kind: str, data: bytes) -> str:
    """The name of the file of ``kind`` with the content ``data``."""
    return f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"


def is_whole(path: Path) -> bool:
    """Whether a file of events or trials exists and its content matches the hash in its name."""
    kind = path.name.partition("-")[0]
    return is_regular(path) and file_name(kind, read_whole(path)) == path.name


@dataclass(frozen=True)
class RowFile:
    """A file of events or trials. Its name is a hash of its content."""

    name: str
    data: bytes

    @classmethod
    def of(cls, kind: str, table: pa.Table) -> RowFile:
        """The file of ``table``, whose labels are plain strings."""
        data = table_bytes(table.combine_chunks().cast(schema.TABLES[kind]))
        return cls(file_name(kind, data), data)

    def write(self, folder: Path) -> None:
        """Write it into ``folder``, if it is not there."""
        if not is_whole(folder / self.name):
            replace(folder / self.name, self.data)


def read_table(
    path: Path, cells: Collection[str] = (), columns: Sequence[str] | None = None
) -> pa.Table:
    """The table at ``path``, which holds rows of ``cells``, or only its ``columns``.
    Raises :class:`StoreError` if it is missing, damaged or of another schema version."""
    if not is_there(path):
        raise DamagedError(path, "the file is missing", cells)
    with explained(path):
        data = read_whole(path)
    kind, _, _ = path.stem.partition("-")
    if not (file_name(kind, data) == path.name if kind in COUNTS else seal.intact(data)):
        raise DamagedError(path, "its content is not what was written", cells)
    try:
        table = pq.read_table(pa.BufferReader(data), columns=columns and list(columns))
        table.validate(full=True)  # or text that is no Unicode would be found by whoever reads it
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedError(path, f"not a readable parquet file ({error})", cells) from error
    found = (table.schema.metadata or {}).get(b"hpobench_schema", b"none").decode()
    if found != str(schema.VERSION):
        raise OtherVersionError(
            f"{path}: written with schema version {found}, this hpobench reads {schema.VERSION}; "
            "use the hpobench that wrote it, or another results folder"
        )
    whole = schema.TABLES[kind]
    if not table.schema.equals(pa.schema([whole.field(name) for name in columns or whole.names])):
        raise DamagedError(path, f"its columns are not those of {kind}", cells)
    return table


def read_rows(folder: Path, kind: str, cells: pa.Table) -> pa.Table:
    """The rows of ``kind`` of the rows of ``cells``, as :func:`rows_by_file` yields them, as one
    table."""
    empty = schema.plain(schema.TABLES[kind]).empty_table()
    return pa.concat_tables([empty, *rows_by_file(folder, kind, cells)])


def rows_by_file(folder: Path, kind: str, cells: pa.Table) -> Iterator[pa.Table]:
    """The rows of ``kind`` of the rows of ``cells``, file by file, labels as plain strings.
    A cell's rows are taken from the file that it names: others may hold an earlier attempt at it.
    Raises :class:`StoreError` if they are not as many as there must be."""
    for file, some in members(cells, kind):
        path, names = folder / file, some["cell"].to_pylist()
        table = read_table(path, names).cast(schema.plain(schema.TABLES[kind]))
        rows = table.filter(pc.is_in(table["cell"], some["cell"].combine_chunks()))
        try:
            checks.rows(kind, rows, dict(zip(names, some[COUNTS[kind]].to_pylist(), strict=True)))
        except checks.Unfit as error:
            raise DamagedError(path, str(error), names) from error
        yield rows


def members(cells: pa.Table, kind: str) -> Iterator[tuple[str, pa.Table]]:
    """The files of ``kind`` that ``cells`` name, sorted, each with its rows of ``cells``."""
    column = f"{kind}_shard"
    few = cells.select(["cell", column, COUNTS[kind]]).filter(pc.is_valid(cells[column]))
    few = few.take(pc.sort_indices(few[column]))
    names = few[column].to_pylist()
    begins = [i for i, name in enumerate(names) if not i or name != names[i - 1]]
    for begin, end in itertools.pairwise([*begins, len(names)]):
        yield names[begin], few.slice(begin, end - begin)


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keep other writers out of ``folder`` inside the block.
    The system releases the lock of a killed process. Raises :class:`LockedError` at once if another
    process holds the lock, and :class:`StoreError` if the file system has no locks."""
    path = folder / ".lock"
    with contextlib.ExitStack() as held:
        with explained(path):
            try:
                held.enter_context(locked(path, wait=False))
            except BlockingIOError as error:
                raise LockedError(
                    f"{folder}: another run is writing here; wait for it, or use another --results"
                ) from error
        yield

"""The files of a results folder: tables and shards, written whole and checked when read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hpobench.contract.errors import StoreError
from hpobench.contract.files import (
    is_regular,
    is_there,
    locked,
    own_folder,
    read_whole,
    write_whole,
)
from hpobench.store import checks, schema, seal
from hpobench.store.shapes import Unfit

COUNTS = {"events": "results", "trials": "trials"}
"""The column of ``cells`` that counts a cell's rows in its shard, by the kind of the shard."""
_FOLDERS = ("copies", "journals", "output", "report")
_NAMED = 3
"""How many cells an error message lists."""


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


def listed(cells: Collection[str]) -> str:
    """``3 cells (a, b, c)``, and of many the first few."""
    names = sorted(cells)
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    plural = "" if len(names) == 1 else "s"
    return f"{len(names):,} cell{plural} ({', '.join(names[:_NAMED])}{more})"


def refuse_links(folder: Path) -> None:
    """Raise :class:`StoreError` if a folder inside the results folder ``folder`` is a link."""
    for name in _FOLDERS:
        if is_there(folder / name):
            own_folder(folder / name)


def table_bytes(table: pa.Table, *, sealed: bool = False) -> bytes:
    """``table`` as parquet, ``sealed`` if its name will not be a hash. The same rows give the same
    bytes."""
    metadata = {"hpobench_schema": str(schema.VERSION)}
    metadata |= {seal.KEY: seal.BLANK} if sealed else {}
    sink = pa.BufferOutputStream()
    stamped = table.replace_schema_metadata(metadata)
    pq.write_table(stamped, sink, compression="zstd", row_group_size=2**20)
    data = bytes(sink.getvalue())
    return seal.sealed(data) if sealed else data


def shard_name(kind: str, data: bytes) -> str:
    """The name of the shard of ``kind`` with the content ``data``."""
    return f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"


def is_whole(path: Path) -> bool:
    """Whether a shard exists and its content matches the hash in its name."""
    kind = path.name.partition("-")[0]
    return is_regular(path) and shard_name(kind, read_whole(path)) == path.name


def write_shard(folder: Path, kind: str, table: pa.Table) -> str:
    """Write ``table``, labels as plain strings, and return its name, a hash of its content."""
    data = table_bytes(table.combine_chunks().cast(schema.TABLES[kind]))
    name = shard_name(kind, data)
    if not is_whole(folder / name):
        replace(folder / name, data)
    return name


def read_table(path: Path, cells: Collection[str] = ()) -> pa.Table:
    """The table at ``path``, which holds rows of ``cells``.

    Raises :class:`StoreError` if it is missing, damaged or of another schema version.
    """
    if not is_there(path):
        raise DamagedError(path, "the file is missing", cells)
    with explained(path):
        data = read_whole(path)
    kind, shard, _ = path.stem.partition("-")
    if not (shard_name(kind, data) == path.name if shard else seal.intact(data)):
        raise DamagedError(path, "its content is not what was written", cells)
    try:
        table = pq.read_table(pa.BufferReader(data))
        table.validate(full=True)  # or text that is no Unicode would be found by whoever reads it
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedError(path, f"not a readable parquet file ({error})", cells) from error
    found = (table.schema.metadata or {}).get(b"hpobench_schema", b"none").decode()
    if found != str(schema.VERSION):
        raise OtherVersionError(
            f"{path}: written with schema version {found}, this hpobench reads {schema.VERSION}; "
            "use the hpobench that wrote it, or another results folder"
        )
    if not table.schema.equals(schema.TABLES[kind]):
        raise DamagedError(path, f"its columns are not those of {kind}", cells)
    return table


def read_shards(
    folder: Path, kind: str, shards: Mapping[str, str], counts: Mapping[str, int]
) -> pa.Table:
    """The rows of the cells in ``shards`` (cell to file name), labels as plain strings.

    A cell's rows are taken from its own shard: others may still hold an earlier attempt at it.
    ``counts`` says how many it has. Raises :class:`StoreError` if they are not as they must be.
    """
    plain = schema.plain(schema.TABLES[kind])
    tables = [plain.empty_table()]
    for name, cells in sorted(members(shards).items()):
        table = read_table(folder / name, cells).cast(plain)
        rows = table.filter(pc.is_in(table["cell"], pa.array(cells)))
        try:
            checks.rows(kind, rows, {cell: counts[cell] for cell in cells})
        except Unfit as error:
            raise DamagedError(folder / name, str(error), cells) from error
        tables.append(rows)
    return pa.concat_tables(tables)


def members(shards: Mapping[str, str]) -> dict[str, list[str]]:
    """The cells in each file of ``shards`` (cell to file name)."""
    found: dict[str, list[str]] = {}
    for cell, name in shards.items():
        found.setdefault(name, []).append(cell)
    return found


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Keep other writers out of ``folder`` inside the block.

    The system releases the lock of a killed process. Raises :class:`StoreError` at once if another
    process holds the lock, or if the file system has no locks.
    """
    path = folder / ".lock"
    with contextlib.ExitStack() as held:
        with explained(path):
            try:
                held.enter_context(locked(path, wait=False))
            except BlockingIOError as error:
                raise StoreError(
                    f"{folder}: another run is writing here; wait for it, or use another --results"
                ) from error
        yield

"""The files of a results folder: tables and shards, written whole, and the lock of the folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hpobench.contract.errors import StoreError
from hpobench.contract.files import is_regular, locked, own_folder, read_whole, write_whole
from hpobench.store import schema


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


def refuse_links(folder: Path) -> None:
    """Raise :class:`StoreError` if a folder inside the results folder ``folder`` is a link."""
    for name in ("output", "journals", "report"):
        if (folder / name).exists() or (folder / name).is_symlink():
            own_folder(folder / name)


def table_bytes(table: pa.Table) -> bytes:
    """``table`` as parquet. The same rows give the same bytes."""
    sink = pa.BufferOutputStream()
    stamped = table.replace_schema_metadata({"hpobench_schema": str(schema.VERSION)})
    pq.write_table(stamped, sink, compression="zstd", row_group_size=2**20)
    return bytes(sink.getvalue())


def _shard_name(kind: str, data: bytes) -> str:
    return f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"


def is_whole(path: Path) -> bool:
    """Whether a shard exists and its content matches the hash in its name."""
    kind = path.name.partition("-")[0]
    return is_regular(path) and _shard_name(kind, read_whole(path)) == path.name


def write_shard(folder: Path, kind: str, table: pa.Table) -> str:
    """Write ``table``, labels as plain strings, and return its name, a hash of its content."""
    data = table_bytes(table.combine_chunks().cast(schema.TABLES[kind]))
    name = _shard_name(kind, data)
    if not is_whole(folder / name):
        replace(folder / name, data)
    return name


def read_table(path: Path) -> pa.Table:
    """The table at ``path``; raises :class:`StoreError` if it is missing, damaged or of another
    schema version."""
    if not path.exists():
        raise StoreError(f"{path} is missing; run the suite again to get back what was in it")
    with explained(path):
        try:
            table = pq.read_table(pa.BufferReader(read_whole(path)))
        except pa.ArrowException as error:
            raise StoreError(
                f"{path}: damaged, not a readable parquet file ({error}); if it is a shard, run "
                "the suite again, else what the folder holds is lost: remove the folder"
            ) from error
    found = (table.schema.metadata or {}).get(b"hpobench_schema", b"none").decode()
    if found != str(schema.VERSION):
        raise StoreError(
            f"{path}: written with schema version {found}, this hpobench reads {schema.VERSION}; "
            "use the hpobench that wrote it, or another results folder"
        )
    kind = path.stem.partition("-")[0]
    if table.schema.names != schema.TABLES[kind].names:
        raise StoreError(f"{path}: its columns are not those of {kind}; it is not hpobench's")
    return table


def read_shards(folder: Path, kind: str, shards: Mapping[str, str]) -> pa.Table:
    """The rows of the cells in ``shards`` (cell to file name), labels as plain strings.

    A cell's rows are taken from its own shard: others may still hold an earlier attempt at it.
    """
    members: dict[str, list[str]] = {}
    for cell, name in shards.items():
        members.setdefault(name, []).append(cell)
    plain = schema.plain(schema.TABLES[kind])
    tables = [plain.empty_table()]
    for name in sorted(members):
        table = read_table(folder / name).cast(plain)
        tables.append(table.filter(pc.is_in(table["cell"], pa.array(members[name]))))
    return pa.concat_tables(tables)


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

"""A recorded problem on disk: one parquet file, which pandas, DuckDB and polars can read.

A row is a trial, in the order in which the searcher asked for them. Its columns:

    config/NAME     the value of each parameter, null if it is inactive; choices of different
                    types are JSON
    loss, heldout   lists with an entry for each step, NaN from the step at which the trial failed;
                    heldout exists only if the problem has held-out losses
    cpu, wall       lists of each step's cost: processor seconds over all threads of the worker's
                    process (not of its children), and wall seconds, NaN as above; the shipped
                    tables have cpu only, and numbers of 32 bits
    error           the reason why the trial failed, or null

The file's metadata hold JSON under :data:`KEY` about what was trained, how and where.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hpobench.contract.errors import StoreError
from hpobench.contract.parameters import Float, Int, Parameter
from hpobench.contract.space import Config, Space
from hpobench.store import files

VERSION = 1
KEY = b"hpobench_recording"
CURVES = ("loss", "heldout", "cpu", "wall")

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """The trials of a recorded problem."""

    about: dict[str, Any]
    """The metadata. Its ``trained`` is the space of the values in the columns."""
    configs: list[Config]
    curves: dict[str, Array]
    """The arrays ``[trials, steps]``, by the name of the column."""
    errors: list[str | None]


def write_table(path: Path, table: Table) -> None:
    """Put ``table`` at ``path``, whole or not at all."""
    space = Space.from_json(table.about["trained"])
    columns: dict[str, pa.Array] = {
        f"config/{p.name}": pa.array([_stored(p, c.get(p.name)) for c in table.configs], _type(p))
        for p in space
    }
    for name, curve in table.curves.items():
        rows, steps = curve.shape
        offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * steps)
        columns[name] = pa.ListArray.from_arrays(offsets, pa.array(curve.ravel()))
    columns["error"] = pa.array(table.errors, pa.string())
    made = pa.table(columns).replace_schema_metadata({KEY: json.dumps(table.about)})
    sink = pa.BufferOutputStream()
    pq.write_table(
        made,
        sink,
        compression="zstd",
        use_dictionary=[name for name in columns if name not in CURVES],
        use_byte_stream_split=[f"{name}.list.element" for name in table.curves],
        write_page_checksum=True,
    )
    files.replace(path, bytes(sink.getvalue()))


def read_about(path: Path) -> dict[str, Any]:
    """The metadata of the table at ``path``; raises :class:`StoreError` if it is no such table."""
    with _readable(path):
        metadata = pq.read_schema(path).metadata or {}
    if KEY not in metadata:
        raise StoreError(
            f"{path}: a parquet file, but no recorded problem; `hpobench problems record` makes "
            "them"
        )
    with _readable(path):
        about: dict[str, Any] = json.loads(metadata[KEY])
        version = about["version"]
    if version != VERSION:
        raise StoreError(
            f"{path}: recorded in version {version} of the format, this hpobench reads {VERSION}; "
            "use the hpobench that recorded it, or record it anew"
        )
    return about


def read_table(path: Path) -> Table:
    """The table at ``path``; raises :class:`StoreError` if it is no such table, or damaged."""
    about = read_about(path)
    with _readable(path):
        columns = pq.read_table(path, page_checksum_verification=True)
        space = Space.from_json(about["trained"])
        values = [columns[f"config/{p.name}"].to_pylist() for p in space]
        configs = [
            {p.name: _value(p, x) for p, x in zip(space, row, strict=True) if x is not None}
            for row in zip(*values, strict=True)
        ]
        shape = len(configs), about["fidelity"]["steps"]
        curves = {
            name: columns[name].combine_chunks().flatten().to_numpy().astype(float).reshape(shape)
            for name in CURVES
            if name in columns.column_names
        }
        return Table(about, configs, curves, columns["error"].to_pylist())


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn every error of reading a damaged file into a :class:`StoreError`."""
    try:
        with files.explained(path):
            yield
    except (pa.ArrowException, ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"{path}: damaged, or no parquet file ({error}); get it anew, or record it again"
        ) from error


# -- parameters as columns -----------------------------------------------------------------


def _type(p: Parameter) -> pa.DataType:
    if isinstance(p, Float | Int):
        return pa.float64() if isinstance(p, Float) else pa.int64()
    return pa.string() if _mixed(p) else pa.array(p.choices).type


def _mixed(p: Parameter) -> bool:
    """Whether the choices have different types, which one column cannot hold."""
    return not isinstance(p, Float | Int) and len({type(choice) for choice in p.choices}) > 1


def _stored(p: Parameter, value: Any) -> Any:
    return json.dumps(value) if value is not None and _mixed(p) else value


def _value(p: Parameter, stored: Any) -> Any:
    return json.loads(stored) if _mixed(p) else stored

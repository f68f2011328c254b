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
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hpobench.api import Config, Fidelity, Float, Int, Objective, Parameter, Space
from hpobench.contract.errors import HpobenchError, StoreError
from hpobench.contract.files import read_whole
from hpobench.store.format import disk

VERSION = 1
KEY = b"hpobench_recording"
CURVES = ("loss", "heldout", "cpu", "wall")
MAX_BYTES = 2**31  # of a table's file
MAX_VALUES = 2**28
"""Numbers of a table in all its columns: 2 GB of memory, 100 times the largest of the shipped."""
MAX_TRIALS = 1_000_000  # rows of a table, whose configurations become Python objects
# What Arrow, JSON and the contract's classes are seen to raise for damaged files.
_DAMAGED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

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
    columns: dict[str, pa.Array] = {}
    for p in Space.from_json(table.about["trained"]):
        values: list[Any] = [config.get(p.name) for config in table.configs]
        if isinstance(p, Float | Int):
            kind = pa.float64() if isinstance(p, Float) else pa.int64()
        elif _mixed(p):
            kind = pa.string()
            values = [None if value is None else json.dumps(value) for value in values]
        else:
            kind = pa.array(p.choices).type
        columns[f"config/{p.name}"] = pa.array(values, kind)
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
    disk.replace(path, bytes(sink.getvalue()))


def read_about(path: Path) -> dict[str, Any]:
    """The metadata of the table at ``path``; raises :class:`StoreError` if it is no such table."""
    with _readable(path):
        return _about(path, pq.ParquetFile(pa.BufferReader(read_whole(path, limit=MAX_BYTES))))


def read_table(path: Path) -> Table:
    """The table at ``path``; raises :class:`StoreError` if it is no such table, damaged, or larger
    than :data:`MAX_VALUES`."""
    with _readable(path):
        data = pa.BufferReader(read_whole(path, limit=MAX_BYTES))
        file = pq.ParquetFile(data, page_checksum_verification=True)
        about = _about(path, file)
        # A small file may claim to unpack to any size.
        found = file.metadata
        groups = [found.row_group(i) for i in range(found.num_row_groups)]
        values = sum(one.column(i).num_values for one in groups for i in range(one.num_columns))
        size = sum(group.total_byte_size for group in groups)
        if found.num_rows > MAX_TRIALS or values > MAX_VALUES or size > 16 * MAX_VALUES:
            raise StoreError(
                f"{path}: unpacks to {found.num_rows:,} trials, {values:,} values in {size:,} "
                f"bytes; a table has at most {MAX_TRIALS:,} trials and {MAX_VALUES:,} values"
            )
        columns = file.read()
        space = Space.from_json(about["trained"])
        configs: list[Config] = [{} for _ in range(columns.num_rows)]
        for p in space:
            stored, mixed = columns[f"config/{p.name}"].to_pylist(), _mixed(p)
            for config, value in zip(configs, stored, strict=True):
                if value is not None:
                    config[p.name] = json.loads(value) if mixed else value
        for config in configs:
            space.check(config)
        steps = about["fidelity"]["steps"]
        curves: dict[str, Array] = {}
        for name in [name for name in CURVES if name in columns.column_names]:
            lists = columns[name].combine_chunks()
            if not (pa.types.is_list(lists.type) and pa.types.is_floating(lists.type.value_type)):
                raise TypeError(f"a curve has the type {lists.type}")
            if (lengths := set(lists.value_lengths().to_pylist())) - {steps}:
                raise ValueError(f"curves of {sorted(map(str, lengths))} steps, not {steps}")
            numbers = lists.flatten().to_numpy(zero_copy_only=False)
            curves[name] = numbers.astype(float).reshape(len(configs), steps)
        if "loss" not in curves:
            raise ValueError("it has no column loss")
        return Table(about, configs, curves, columns["error"].to_pylist())


def _about(path: Path, file: pq.ParquetFile) -> dict[str, Any]:
    metadata = file.schema_arrow.metadata or {}
    if KEY not in metadata:
        raise StoreError(
            f"{path}: a parquet file, but no recorded problem; `hpobench problems record` makes "
            "them"
        )
    about = json.loads(metadata[KEY])
    if not isinstance(about, dict):
        raise TypeError("its metadata are no mapping")
    if about["version"] != VERSION:
        raise StoreError(
            f"{path}: recorded in version {about['version']!r:.60} of the format, this hpobench "
            f"reads {VERSION}; use the hpobench that recorded it, or record it anew"
        )
    for key in ("trained", "space"):
        Space.from_json(about[key])
    fidelity = Fidelity(**about["fidelity"])
    objective = Objective(**about["objective"])
    kinds: list[tuple[object, type | tuple[type, ...], str]] = [
        (fidelity.name, str, "the name of the fidelity"),
        (fidelity.steps, int, "steps"),
        (fidelity.unit, (int, float), "unit"),
        (objective.metric, str, "metric"),
        (about["heldout"], bool, "heldout"),
        (about["mutable"], (list, type(None)), "mutable"),
    ]
    for value, kind, what in kinds:
        if not isinstance(value, kind):
            raise TypeError(f"{what} is {value!r:.60}")
    if not (fidelity.steps >= 1 and 0 < fidelity.unit < math.inf):
        raise ValueError(f"steps {fidelity.steps!r:.60} of {fidelity.unit!r:.60}")
    if objective.direction not in ("minimize", "maximize"):
        raise ValueError(f"direction {objective.direction!r:.60}")
    return about


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        with disk.explained(path):
            yield
    except (StoreError, KeyboardInterrupt):
        raise
    except (*_DAMAGED, pa.ArrowException, HpobenchError) as error:
        raise StoreError(
            f"{path}: damaged, or no recorded table ({type(error).__name__}: {str(error)[:200]}); "
            "get it anew, or record it again"
        ) from error


def _mixed(p: Parameter) -> bool:
    """Whether the choices have different types, which one column cannot hold."""
    return not isinstance(p, Float | Int) and len({type(choice) for choice in p.choices}) > 1

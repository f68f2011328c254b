"""Whether two stores hold the same bytes of a cell: everything but what was measured.

Wall times, memory, the machine and the texts of errors are never the same twice. All other columns
of events, trials and cells are compared bit by bit. Of the specification of a cell the versions of
programs are left out, because a cell may be run again with others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hpobench.store.format import disk, schema

_LEFT_OUT = {"suggest_s", "observe_s", "error", "cell"}
_COMPARED = {
    "events": [name for name in schema.EVENTS.names if name not in _LEFT_OUT],
    "trials": [name for name in schema.TRIALS.names if name not in _LEFT_OUT],
    "cells": ["status", "trials", "results", "resource", "clock", "evaluation_s"],
}
NAMED = ("cell", "events_shard", "trials_shard", *disk.COUNTS.values())
"""The columns of cells that :func:`digests` needs."""
CELLS = ("cell", *_COMPARED["cells"], "spec", "events_shard", "trials_shard")
"""The columns of cells that a comparison needs."""
_NOTHING = np.uint64(0x9E3779B97F4A7C15)
"""Stands for no value among numbers; any odd pattern of bits would do."""
_COUNT = "number of rows"
_VERSIONS = ("version", "hpobench", "ray", "source", "packages", "lock", "data")
"""What a specification says of programs and data, at its top or of one of its plugins."""

Tables: TypeAlias = Mapping[str, pa.Table]
"""The rows of one cell or of several: their ``events``, their ``trials`` and their ``cells``."""


@dataclass(frozen=True)
class Difference:
    """The first thing that is not the same in two stores."""

    table: str
    row: int
    """From 0, among the rows that were compared."""
    column: str
    stored: Any
    other: Any

    def __str__(self) -> str:
        if self.column == _COUNT:
            return f"the number of {self.table}"
        return f"{self.column} in row {self.row} of {self.table}"


def tables_of(folder: Path, cells: pa.Table) -> Tables:
    """What ``folder`` stores of ``cells``, which are rows of its cells, sorted by cell."""
    found = {kind: disk.read_rows(folder, kind, cells) for kind in disk.COUNTS}
    found["cells"] = cells
    # Stable: the rows of a cell keep their order.
    return {kind: table.take(pc.sort_indices(table["cell"])) for kind, table in found.items()}


def of_cell(tables: Tables, cell: str) -> Tables:
    """The rows of ``cell`` alone."""
    return {kind: table.filter(pc.equal(table["cell"], cell)) for kind, table in tables.items()}


def first_difference(stored: Tables, other: Tables) -> Difference | None:
    """The first difference between what two stores hold of the same cells, or ``None``.
    A store without trials, such as a small reference for CI, says nothing of them."""
    for kind, columns in _COMPARED.items():
        one, two = stored[kind], other[kind]
        if kind == "trials" and not (len(one) and len(two)):
            continue
        rows = min(len(one), len(two))
        found = [_first(one[name][:rows], two[name][:rows]) for name in columns]
        places = [(row, n) for n, row in enumerate(found) if row >= 0]
        if places:
            row, n = min(places)
            values = (table[columns[n]][row].as_py() for table in (one, two))
            return Difference(kind, row, columns[n], *values)
        if len(one) != len(two):
            return Difference(kind, rows, _COUNT, len(one), len(two))
    return next(_specifications(stored["cells"], other["cells"]), None)


def _first(one: pa.ChunkedArray, other: pa.ChunkedArray) -> int:
    """The first row in which two columns of the same length differ in a bit, or -1."""
    left, right = _bits(one), _bits(other)
    nulls = pc.not_equal(pc.is_null(left), pc.is_null(right))
    differs = pc.or_(pc.fill_null(pc.not_equal(left, right), False), nulls)
    return int(pc.index(differs, True).as_py())


def _bits(column: pa.ChunkedArray) -> pa.Array:
    """``column`` with numbers whose bits can be compared: NaN equals nothing, and 0 equals -0."""
    array = column.combine_chunks()
    return array.view(pa.int64()) if pa.types.is_float64(array.type) else array


def _specifications(stored: pa.Table, other: pa.Table) -> Iterator[Difference]:
    texts = zip(*(table["spec"].to_pylist() for table in (stored, other)), strict=True)
    for row, pair in enumerate(texts):
        one, two = map(flat_spec, pair)
        for key in sorted(one.keys() | two.keys()):
            if key.split(".")[-1] not in _VERSIONS and one.get(key) != two.get(key):
                yield Difference("cells", row, f"{key} of spec", one.get(key), two.get(key))


def flat_spec(text: str) -> dict[str, Any]:
    """A cell's specification, with those of its plugins as ``searcher.options`` and so on."""
    found: dict[str, Any] = {}
    for key, value in json.loads(text).items():
        inner = value if isinstance(value, dict) and "options" in value else None
        found |= {f"{key}.{name}": v for name, v in inner.items()} if inner else {key: value}
    return found


def digests(folder: Path, cells: pa.Table) -> dict[str, bytes]:
    """For each of ``cells``, rows of the cells in ``folder`` with the columns :data:`NAMED`, a hash
    of 8 bytes of all that is compared of its events and trials."""
    found = {name: hashlib.blake2b(digest_size=8) for name in cells["cell"].to_pylist()}
    for kind in disk.COUNTS:
        for table in disk.rows_by_file(folder, kind, cells):
            rows = np.stack([_numbers(table[name]) for name in _COMPARED[kind]], axis=1)
            names = table["cell"].combine_chunks().dictionary_encode()
            codes = names.indices.to_numpy(zero_copy_only=False)
            order = np.argsort(codes, kind="stable")
            ends = np.cumsum(np.bincount(codes, minlength=len(names.dictionary)))
            for name, part in zip(
                names.dictionary.to_pylist(), np.split(order, ends[:-1]), strict=True
            ):
                found[name].update(rows[part].tobytes())
    return {name: digest.digest() for name, digest in found.items()}


def _numbers(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """A number for each value of ``column``, the same for the same bits."""
    array = _bits(column)
    if pa.types.is_integer(array.type):
        values = array.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        valid = array.is_valid().to_numpy(zero_copy_only=False)
        numbers: NDArray[np.uint64] = np.where(valid, values.view(np.uint64), _NOTHING)
        return numbers
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    hashes = [
        int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        for text in encoded.dictionary.to_pylist()
    ]
    known = np.array([_NOTHING, *hashes], dtype=np.uint64)
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    found: NDArray[np.uint64] = known[places]
    return found

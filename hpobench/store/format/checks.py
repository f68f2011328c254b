"""The rows of a results folder: what reads them later may trust them.

A results folder may come from a stranger, or have been changed by hand. Checks raise
:class:`~hpobench.store.format.shapes.Unfit`, which says which row is wrong; their callers add the
file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hpobench.store.format import shapes
from hpobench.store.format.shapes import Unfit

T = TypeVar("T")

_NULLABLE = {
    "cells": {"error", "peak_memory", "events_shard", "trials_shard"},
    "problems": {"optimum", "clip", "version", "random", "signature"},
    "events": {"heldout", "parent", "parent_step", "config"},
    "trials": {"error"},
}
_LEAST = {
    "cells": {"workers": 1, "trials": 0, "results": 0, "resource": 0, "clock": 0}
    | dict.fromkeys(("evaluation_s", "suggest_s", "observe_s", "harness_s"), 0),
    "problems": {"steps": 1, "dimensions": 0},
    "events": {"trial": 0, "step": 1, "resource": 0, "clock": 0, "cost": 0, "worker": 0},
    "trials": {"trial": 0, "steps": 0, "start": 0, "end": 0, "suggest_s": 0, "observe_s": 0},
}
"""The least value of a column; all of its values are finite."""
_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cells": {"status": ("done", "failed", "timeout"), "stage": ("virtual", "live")},
    "problems": {"direction": ("minimize", "maximize")},
    "events": {},
    "trials": {"status": ("completed", "stopped", "paused", "cut", "failed")},
}
_LABELS = {
    "cells": ("cell", "searcher", "scheduler", "problem"),
    "problems": ("problem", "metric", "fidelity"),
    "events": (),
    "trials": (),
}
MOST_STEPS = 10_000_000
"""Of a problem: reports keep an array of them for every run."""
_CELL = re.compile(r"\w[\w.+-]{0,250}")
"""The id of a cell, which is also the name of a file."""
_FILE_NAME = r"^{}-[0-9a-f]{{16}}\.parquet$"


def cells(table: pa.Table) -> None:
    """Check rows of cells, or those columns of them that ``table`` has, with ``cell`` as the
    first."""
    there = set(table.column_names)
    _columns("cells", table)
    _unique(table, "cell")
    for name in table["cell"].to_pylist():
        if not _CELL.fullmatch(name):
            raise Unfit(f"{name[:80]!r} is not the id of a cell")
    for kind in ("events", "trials"):
        if f"{kind}_shard" in there:
            column = table[f"{kind}_shard"]
            named = pc.fill_null(pc.match_substring_regex(column, _FILE_NAME.format(kind)), True)
            _all(table, pc.invert(named), f"{kind}_shard is not the name of a shard")
    if "workers" in there:
        many = pc.greater(table["workers"], 2**15 - 1)
        _all(table, many, "its workers are more than there can be")
    for column, check in (("spec", shapes.spec), ("provenance", shapes.mapping)):
        if column in there:
            _texts(table[column], check)
    if {"events_shard", "results"} <= there:
        without = pc.and_(pc.is_null(table["events_shard"]), pc.greater(table["results"], 0))
        _all(table, without, "it has results, but no file of events")


def problems(table: pa.Table) -> None:
    """Check rows of problems."""
    _columns("problems", table)
    _unique(table, "problem")
    optimum, clip = (_numbers(table, name) for name in ("optimum", "clip"))
    nothing = np.isnan(optimum) & np.isnan(clip)
    with np.errstate(invalid="ignore"):
        fit = np.isfinite(optimum) & np.isfinite(clip) & (optimum < clip)
    _all(table, ~(nothing | fit), "it has no finite optimum < clip")
    unit = _numbers(table, "unit")
    _all(table, ~(np.isfinite(unit) & (unit > 0)), "its unit is not positive")
    long = pc.greater(pc.utf8_length(table["source"]), shapes.LONGEST_TEXT)
    _all(table, long, f"its source is longer than {shapes.LONGEST_TEXT:,} characters")
    _texts(table["random"], shapes.random_quartiles)
    _texts(table["signature"], shapes.signature)
    _texts(table["space"], shapes.space)
    _all(table, pc.greater(table["steps"], MOST_STEPS), f"its steps are more than {MOST_STEPS:,}")


def rows(kind: str, table: pa.Table, counts: Mapping[str, int]) -> None:
    """Check rows of ``kind``, events or trials, of cells that have as many as ``counts`` says."""
    _columns(kind, table)
    found = {one["values"]: one["counts"] for one in pc.value_counts(table["cell"]).to_pylist()}
    for cell, count in counts.items():
        if found.get(cell, 0) != count:
            raise Unfit(f"it has {found.get(cell, 0):,} {kind} of {cell}, which had {count:,}")
    if kind == "trials":
        numbered = table.group_by(["cell", "trial"]).aggregate([]).num_rows
        if numbered < len(table):
            raise Unfit("it has a trial more than once")
    shapes.mappings(table["config"].drop_null().unique().to_pylist())


def _columns(kind: str, table: pa.Table) -> None:
    there = set(table.column_names)
    for name in table.column_names:
        column = table[name]
        if name not in _NULLABLE[kind] and column.null_count:
            _all(table, pc.is_null(column), f"{name} is missing")
    for name, least in _of(_LEAST[kind], there):
        values = _numbers(table, name)
        _all(table, ~(np.isfinite(values) & (values >= least)), f"{name} is below {least} or none")
    for name, words in _of(_WORDS[kind], there):
        known = pc.is_in(table[name], pa.array(words))
        _all(table, pc.invert(known), f"{name} is none of {', '.join(words)}")
    for name in there.intersection(_LABELS[kind]):
        length = _numbers(pa.table({name: pc.utf8_length(table[name])}), name)
        long = (length < 1) | (length > shapes.LONGEST_LABEL)
        _all(table, long, f"{name} is empty or longer than {shapes.LONGEST_LABEL:,} characters")


def _of(limits: Mapping[str, T], there: Collection[str]) -> Iterator[tuple[str, T]]:
    """Those of ``limits`` whose columns are there."""
    return ((name, limit) for name, limit in limits.items() if name in there)


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column as floats, with NaN for nulls."""
    found: NDArray[np.float64] = (
        table[name].cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    )
    return found


def _unique(table: pa.Table, name: str) -> None:
    if pc.count_distinct(table[name]).as_py() < len(table):
        counts = pc.value_counts(table[name]).to_pylist()
        twice = next(one["values"] for one in counts if one["counts"] > 1)
        raise Unfit(f"it has {name} {twice[:80]!r} more than once")


def _texts(column: pa.ChunkedArray, check: Callable[[str], object]) -> None:
    """Check the JSON in ``column``, every text once."""
    for text in column.unique().to_pylist():
        if text is not None:
            check(text)


def _all(table: pa.Table, wrong: pa.ChunkedArray | NDArray[np.bool_], what: str) -> None:
    """Raise :class:`Unfit` for the first row that is ``wrong``."""
    rows = np.flatnonzero(np.asarray(wrong))
    if len(rows):
        name = table[table.column_names[0]][int(rows[0])].as_py()
        raise Unfit(f"the row of {str(name)[:80]!r} is not hpobench's: {what}")

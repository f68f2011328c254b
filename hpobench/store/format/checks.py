"""The content of a results folder: what reads it later may trust what is checked here.

A results folder may come from a stranger, or have been changed by hand. Checks raise
:class:`Unfit`, which says what is wrong; their callers add the file.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic_core import from_json

from hpobench.contract.errors import HpobenchError
from hpobench.contract.space import Space

LONGEST_LABEL = 1000
"""Characters: figures of much longer ones exhaust memory."""
LONGEST_TEXT = 20_000
"""Characters of errors, reasons and sources: no run stores more, and longer ones make pages that
no browser opens."""
MOST_STEPS = 10_000_000
"""Of a problem: reports keep an array of them for every run."""


class Unfit(Exception):
    """What a check found."""


# -- JSON --------------------------------------------------------------------------------------


def _each_once(labels: list[str]) -> list[str]:
    if len(set(labels)) < len(labels):
        raise ValueError("it lists one of them twice")
    return labels


Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL)]
# A million faults would fill the memory, so the first one ends it.
Labels = Annotated[list[Label], Field(fail_fast=True), AfterValidator(_each_once)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Evaluations = Annotated[str, Field(pattern="^[0-9]{1,9}$")]
Quartiles = Annotated[list[float], Field(min_length=3, max_length=3)]


class _Stored(BaseModel):
    """A mapping with these members, and maybe others; messages have the title."""

    model_config = ConfigDict(strict=True)


class _Skipped(_Stored):
    searcher: Label
    scheduler: Label
    problem: Label
    reason: Text


class _Share(_Stored, extra="forbid"):
    number: Count
    count: Count
    combinations: Count


class StoredPlan(_Stored, title="a plan"):
    name: Label
    suite: dict[Any, Any]
    cells: Labels
    searchers: Labels
    schedulers: Labels
    problems: Labels
    skipped: Annotated[list[_Skipped], Field(fail_fast=True)]
    shard: _Share | None = None
    whole_budgets: dict[str, dict[str, Number]] = {}


class _Looks(_Stored):
    looks: list[Number]
    margin: Number
    alpha: Number


class StoredDecision(_Stored, title="a decision"):
    rule: _Looks
    question: Text
    results: Text
    sentence: Text


class _Entry(_Stored):
    label: Label = Field(alias="as")


class StoredSuite(_Stored, title="a resolved suite"):
    name: Label
    seeds: list[int]
    searchers: list[_Entry]
    schedulers: list[_Entry]
    problems: list[_Entry]


class _Options(_Stored):
    options: dict[Any, Any] = {}


class _Spec(_Stored, title="the specification of a cell"):
    budget: dict[str, Number] = {}
    problem: _Options = _Options()


class _Signature(_Stored, title="a signature"):
    losses: list[Number | None]
    tolerance: Number


class _Quartiles(RootModel[dict[Evaluations, Quartiles]], title="a table of quartiles"):
    model_config = ConfigDict(strict=True)


class _Mapping(RootModel[dict[Any, Any]], title="a JSON object"):
    model_config = ConfigDict(strict=True)


def fit(shape: type[BaseModel], value: Any, what: str = "it") -> dict[str, Any]:
    """``value`` as it is, which has the ``shape``."""
    try:
        shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = repr(".".join(map(str, first["loc"]))[:80]) + ": " if first["loc"] else ""
        title = shape.model_config.get("title")
        raise Unfit(f"{what} is not {title}: {where}{first['msg']}") from None
    found: dict[str, Any] = value
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit(f"{text[:80]!r} is not JSON ({error})") from error


def _texts(column: pa.ChunkedArray, shape: type[BaseModel]) -> None:
    """Check the JSON in ``column``, every text once."""
    for text in column.drop_null().unique().to_pylist():
        fit(shape, _parsed(text), repr(text[:80]))


def mappings(texts: Iterable[str]) -> None:
    """Check that each of ``texts`` holds a JSON object."""
    for text in texts:
        # A store has a million of them, and this takes a quarter of json.loads' time. It refuses
        # some that json.loads reads, such as half a surrogate pair.
        with contextlib.suppress(ValueError):
            if isinstance(from_json(text), dict):
                continue
        fit(_Mapping, _parsed(text), repr(text[:80]))


# -- rows --------------------------------------------------------------------------------------

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
}
_CELL = re.compile(r"\w[\w.+-]{0,250}")
"""The id of a cell, which is also the name of a file."""


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
            pattern = rf"^{kind}-[0-9a-f]{{16}}\.parquet$"
            matches = pc.match_substring_regex(table[f"{kind}_shard"], pattern)
            wrong = pc.invert(pc.fill_null(matches, True))
            _refuse(table, wrong, f"{kind}_shard is not the name of a shard")
    if "workers" in there:
        many = pc.greater(table["workers"], 2**15 - 1)  # events store a worker as an int16
        _refuse(table, many, "its workers are more than there can be")
    for column, shape in (("spec", _Spec), ("provenance", _Mapping)):
        if column in there:
            _texts(table[column], shape)
    if {"events_shard", "results"} <= there:
        without = pc.and_(pc.is_null(table["events_shard"]), pc.greater(table["results"], 0))
        _refuse(table, without, "it has results, but no file of events")


def problems(table: pa.Table) -> None:
    """Check rows of problems."""
    _columns("problems", table)
    _unique(table, "problem")
    optimum, clip = (_numbers(table[name]) for name in ("optimum", "clip"))
    nothing = np.isnan(optimum) & np.isnan(clip)
    with np.errstate(invalid="ignore"):  # comparing NaN warns
        good = np.isfinite(optimum) & np.isfinite(clip) & (optimum < clip)
    _refuse(table, ~(nothing | good), "it has no finite optimum < clip")
    unit = _numbers(table["unit"])
    _refuse(table, ~(np.isfinite(unit) & (unit > 0)), "its unit is not positive")
    long = pc.greater(pc.utf8_length(table["source"]), LONGEST_TEXT)
    _refuse(table, long, f"its source is longer than {LONGEST_TEXT:,} characters")
    _texts(table["random"], _Quartiles)
    _texts(table["signature"], _Signature)
    for text in table["space"].unique().to_pylist():
        rows = _parsed(text)
        try:
            Space.from_json(rows)
        except (HpobenchError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Unfit(f"{text[:80]!r} is not a search space ({error})") from error
    many = pc.greater(table["steps"], MOST_STEPS)
    _refuse(table, many, f"its steps are more than {MOST_STEPS:,}")


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
    mappings(table["config"].drop_null().unique().to_pylist())


def _columns(kind: str, table: pa.Table) -> None:
    there = table.column_names
    for name in there:
        if name not in _NULLABLE[kind] and table[name].null_count:
            _refuse(table, pc.is_null(table[name]), f"{name} is missing")
    for name, least in _LEAST[kind].items():
        if name in there:
            values = _numbers(table[name])
            wrong = ~(np.isfinite(values) & (values >= least))
            _refuse(table, wrong, f"{name} is below {least} or none")
    for name, words in _WORDS[kind].items():
        if name in there:
            known = pc.is_in(table[name], pa.array(words))
            _refuse(table, pc.invert(known), f"{name} is none of {', '.join(words)}")
    for name in _LABELS.get(kind, ()):
        if name in there:
            length = _numbers(pc.utf8_length(table[name]))
            long = (length < 1) | (length > LONGEST_LABEL)
            _refuse(table, long, f"{name} is empty or longer than {LONGEST_LABEL:,} characters")


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """``column`` as floats, with NaN for nulls."""
    found: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    return found


def _unique(table: pa.Table, name: str) -> None:
    if pc.count_distinct(table[name]).as_py() < len(table):
        counts = pc.value_counts(table[name]).to_pylist()
        twice = next(one["values"] for one in counts if one["counts"] > 1)
        raise Unfit(f"it has {name} {twice[:80]!r} more than once")


def _refuse(table: pa.Table, wrong: pa.ChunkedArray | NDArray[np.bool_], what: str) -> None:
    """Raise :class:`Unfit` for the first row that is ``wrong``."""
    rows = np.flatnonzero(np.asarray(wrong))
    if len(rows):
        name = table[table.column_names[0]][int(rows[0])].as_py()
        raise Unfit(f"the row of {str(name)[:80]!r} is not hpobench's: {what}")

"""The same bytes of a cell: every bit but what was measured."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
import pytest

from hpobench.store.prove.sameness import Tables, first_difference
from hpobench.store.write.batch import Batch
from tests.support.present import present
from tests.unit.store.test_store import outcome


def tables(**cell: Any) -> dict[str, pa.Table]:
    one = outcome(0)
    one.cell.update(cell)
    return {"events": one.events, "trials": one.trials, "cells": Batch.of([one]).rows}


def changed(kind: str, column: str, row: int, value: Any) -> Tables:
    found = tables()
    values = found[kind][column].to_pylist()
    values[row] = value
    place = found[kind].column_names.index(column)
    field = found[kind].schema.field(column)
    found[kind] = found[kind].set_column(place, field, pa.array(values, field.type))
    return found


@pytest.mark.parametrize(
    ("kind", "column", "row", "value"),
    [
        ("events", "loss", 3, math.nextafter(4.0, 5)),
        ("events", "loss", 1, math.nan),
        ("events", "heldout", 2, 0.0),
        ("events", "decision", 4, "CONTINUE"),
        ("events", "config", 0, "{}"),
        ("trials", "config", 2, '{"x": 1}'),
        ("trials", "status", 0, "cut"),
        ("trials", "end", 1, 0.5),
        ("trials", "start", 0, -0.0),
        ("cells", "clock", 0, 2.0),
        ("cells", "status", 0, "failed"),
    ],
)
def test_one_value_is_found(kind: str, column: str, row: int, value: Any) -> None:
    found = present(first_difference(tables(), changed(kind, column, row, value)))
    assert (found.table, found.row, found.column) == (kind, row, column)
    assert repr(found.other) == repr(value)
    assert str(found) == f"{column} in row {row} of {kind}"


def test_nan_is_nan() -> None:
    one, other = (changed("events", "loss", 1, math.nan) for _ in range(2))
    assert first_difference(one, other) is None


@pytest.mark.parametrize("column", ["suggest_s", "observe_s", "error"])
def test_what_was_measured_does_not_count(column: str) -> None:
    value = "gone" if column == "error" else 3.0
    assert first_difference(tables(), changed("trials", column, 0, value)) is None
    more = tables(harness_s=3.0, peak_memory=8, provenance='{"commit": "x"}')
    assert first_difference(tables(), more) is None


def test_the_first_row_is_named_whatever_its_column() -> None:
    other = dict(changed("events", "loss", 3, 0.0))
    other["events"] = other["events"].set_column(9, "worker", pa.array([0, 1, 0, 0, 0], "int16"))
    found = present(first_difference(tables(), other))
    assert (found.row, found.column) == (1, "worker")


def test_missing_rows_are_a_difference_but_a_store_may_have_no_trials() -> None:
    found = present(first_difference(tables(), tables() | {"events": tables()["events"][:4]}))
    assert str(found) == "the number of events"
    assert (found.stored, found.other) == (5, 4)
    assert first_difference(tables() | {"trials": tables()["trials"][:0]}, tables()) is None


def spec(**more: Any) -> str:
    plugin = {"name": "random", "options": {}, "source": "a", "packages": {"numpy": "1"}}
    return json.dumps({"searcher": plugin, "budget": {"trials": 3}, "hpobench": "1"} | more)


def test_a_specification_may_differ_in_versions_alone() -> None:
    newer = {"name": "random", "options": {}, "source": "b", "packages": {"numpy": "2"}}
    other = tables(spec=spec(searcher=newer, hpobench="2"))
    assert first_difference(tables(spec=spec()), other) is None
    for more, key in (
        ({"budget": {"trials": 4}}, "budget of spec"),
        ({"searcher": newer | {"options": {"x": 1}}}, "searcher.options of spec"),
    ):
        found = present(first_difference(tables(spec=spec()), tables(spec=spec(**more))))
        assert found.column == key

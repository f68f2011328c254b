"""Tables of Arrow whose rows, columns and values are not what they should be."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
from hypothesis.strategies import booleans, integers, sampled_from

from tests.fuzz.values import INF, NAN, NOT_JSON, ODD, Draw, reshaped, shuffled

_TEXTS = (*NOT_JSON, *(value for value in ODD if isinstance(value, str)))
_NUMBERS = (0, -1, 1, 2**31 - 1, -(2**31), 2**62, NAN, INF, -INF, 1e308, 5e-324)
_CELLS: tuple[tuple[Any, pa.DataType | None], ...] = (
    *((value, None) for value in ("x", "1", True, 2**63 - 1, b"\xff", {"a": 1}, [0.5])),
    *(([], pa.list_(pa.float64())), (None, pa.string()), (None, None)),
    *((values, None) for values in ([None, 1.0, 2.0], [NAN] * 3, [0.0] * 3, [1e308, -1e308, 0.0])),
)
"""What each row of a column may hold, with the type where it does not follow."""


def changed(draw: Draw, table: pa.Table) -> pa.Table:
    return draw(sampled_from((*[_value] * 4, _rows, _columns, _retyped)))(draw, table)


def _value(draw: Draw, table: pa.Table) -> pa.Table:
    """One value, or all of a column, is another one, of the same type."""
    if not len(table):
        return table
    at = draw(integers(0, table.num_columns - 1))
    field, values = table.schema.field(at), table.column(at).to_pylist()
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    wanted: list[Any] = [None, *values[:20]]
    if pa.types.is_string(kind):
        wanted += _TEXTS
        if texts := [text for text in values if text and text.startswith(("{", "["))]:
            wanted += [json.dumps(reshaped(draw, json.loads(draw(sampled_from(texts)))))] * 20
    elif pa.types.is_boolean(kind):
        wanted += [True, False]
    elif not pa.types.is_nested(kind):
        wanted += _NUMBERS
    new = draw(sampled_from(wanted))
    if pa.types.is_integer(kind) and isinstance(new, int | float):
        size = kind.bit_width - 1
        new = max(min(int(new) if math.isfinite(new) else 0, 2**size - 1), -(2**size))
    every = draw(integers(0, 2)) == 0
    for row in range(len(values)) if every else [draw(integers(0, len(values) - 1))]:
        values[row] = new
    return table.set_column(at, field, pa.array(values, kind).cast(field.type))


def _rows(draw: Draw, table: pa.Table) -> pa.Table:
    """Rows are doubled, missing, elsewhere or few."""
    order = list(range(len(table)))
    if order and draw(booleans()):
        shuffled(draw, order)
    else:
        del order[draw(integers(0, 2)) :]
    return table.take(pa.array(order, pa.int64()))


def _columns(draw: Draw, table: pa.Table) -> pa.Table:
    """A column is missing, doubled or has another name."""
    at = draw(integers(0, table.num_columns - 1))
    match draw(sampled_from(("remove", "double", "rename"))):
        case "remove":
            return table.remove_column(at)
        case "double":
            return table.append_column(table.schema.field(at), table.column(at))
        case _:
            names = list(table.column_names)
            names[at] = draw(sampled_from(("x", "", names[0])))
            return table.rename_columns(names)


def _retyped(draw: Draw, table: pa.Table) -> pa.Table:
    at = draw(integers(0, table.num_columns - 1))
    cell, kind = draw(sampled_from(_CELLS))
    return table.set_column(at, table.column_names[at], pa.array([cell] * len(table), kind))

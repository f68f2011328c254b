"""Results folders whose tables and files are changed, given to the verbs that read them.

Changed tables are sealed and named anew, so that it is their content which is looked at.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hpobench.store.format import disk, index, seal
from tests.fuzz.frame import Command

SUITE = """\
name: small
searchers: [random]
schedulers: [fifo, asha, pbt]
problems: [{name: mf-hartmann, dimension: 3, quality: good}]
seeds: 3
budget: {evaluations: 6}
"""
_TEXTS = (
    "",
    "{",
    "[]",
    "null",
    "3",
    "{}",
    "[" * 100_000,
    "x" * 5000,
    "../x",
    "\x1b[2J\x07",
    "=1+1",
)
_NUMBERS = (0, -1, 1, 2**31 - 1, -(2**31), 2**62, math.nan, math.inf, -math.inf, 1e308, 5e-324)
_ANY: tuple[Any, ...] = (None, True, 3, -1.5, "x", [], {}, [{}], {"a": 1}, math.nan, "\x1b[2J")


class Stores:
    """A small real store with one thing wrong, or several."""

    name = "stores"

    def prepare(self, folder: Path) -> None:
        from tests.stored_results import run_suite

        run_suite(SUITE, folder / "store")
        path = folder / "store" / index.CELLS
        rows = index.read_cells(path).to_pylist()
        rows[0] |= {"status": "failed", "error": "CellError: \x1b[31mred"}
        index.write_table(path, pa.Table.from_pylist(rows, schema=pq.read_schema(path)))

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        shutil.copytree(origin / "store", folder / "good")
        shutil.copytree(origin / "store", folder / "store")
        changes = [rng.choice((_table, _table, _table, _json)) for _ in range(rng.randint(1, 2))]
        if rng.random() < 0.2:
            changes = [_file]
        for change in changes:
            change(rng, folder / "store")
        readings: list[Command] = [
            ["report", "store"],
            ["compare", "good", "store"],
            ["compare", "store", "good"],
            *(["export", "store", "--to", to, to] for to in ("coco", "iohprofiler", "latex")),
            ["verify", "store"],
            ["verify", "store", "--repair"],
        ]
        return [["status", "store"], rng.choice(readings)]


# -- tables --------------------------------------------------------------------------------


def rewrite(folder: Path, kind: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a table of ``folder`` and seal it anew; of shards the first one, which cells then
    name."""
    if kind in ("cells", "problems"):
        path = folder / f"{kind}.parquet"
        path.write_bytes(disk.table_bytes(change(pq.read_table(path)), sealed=True))
        return
    shard = min(folder.glob(f"{kind}-*.parquet"))
    data = disk.table_bytes(change(pq.read_table(shard)))
    name = disk.shard_name(kind, data)
    shard.unlink()
    (folder / name).write_bytes(data)

    def renamed(cells: pa.Table) -> pa.Table:
        at = cells.schema.get_field_index(f"{kind}_shard")
        names = [name if old == shard.name else old for old in cells.column(at).to_pylist()]
        return cells.set_column(at, cells.schema.field(at), pa.array(names, pa.string()))

    rewrite(folder, "cells", renamed)


def _table(rng: random.Random, folder: Path) -> None:
    kind = rng.choice(("cells", "cells", "problems", "events", "trials"))
    change = rng.choice((_value, _value, _value, _value, _rows, _column))
    try:
        rewrite(folder, kind, lambda table: change(rng, table))
    except (ValueError, pa.ArrowException, OSError):
        return  # an earlier change made it unreadable


def _value(rng: random.Random, table: pa.Table) -> pa.Table:
    """One value, or all of a column, is another one, of the same type."""
    if not len(table):
        return table
    at = rng.randrange(table.num_columns)
    field, values = table.schema.field(at), table.column(at).to_pylist()
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    wanted: list[Any] = [None, *values[:20]]
    if pa.types.is_string(kind):
        wanted += _TEXTS
        texts = [text for text in values if isinstance(text, str) and text.startswith(("{", "["))]
        wanted += [json.dumps(_node(rng, json.loads(rng.choice(texts)))) for _ in texts[:8]]
    elif pa.types.is_boolean(kind):
        wanted += [True, False]
    else:
        wanted += _NUMBERS
    new = rng.choice(wanted)
    if pa.types.is_integer(kind) and isinstance(new, int | float):
        size = kind.bit_width - 1
        new = max(min(int(new) if math.isfinite(new) else 0, 2**size - 1), -(2**size))
    rows = range(len(values)) if rng.random() < 0.3 else [rng.randrange(len(values))]
    for row in rows:
        values[row] = new
    return table.set_column(at, field, pa.array(values, kind).cast(field.type))


def _rows(rng: random.Random, table: pa.Table) -> pa.Table:
    """Rows are doubled, missing or in another order."""
    if not len(table):
        return table
    order = list(range(len(table)))
    change = rng.choice(("double", "remove", "shuffle", "none"))
    if change == "double":
        order.insert(rng.randrange(len(order) + 1), rng.choice(order))
    elif change == "remove":
        order.remove(rng.choice(order))
    elif change == "shuffle":
        rng.shuffle(order)
    else:
        order.clear()
    return table.take(pa.array(order, pa.int64()))


def _column(rng: random.Random, table: pa.Table) -> pa.Table:
    """A column is missing, doubled, has another name or another type."""
    at = rng.randrange(table.num_columns)
    change = rng.choice(("remove", "rename", "double", "type"))
    if change == "remove":
        return table.remove_column(at)
    if change == "double":
        return table.append_column(table.schema.field(at), table.column(at))
    if change == "rename":
        names = list(table.column_names)
        names[at] = rng.choice(("x", "", names[0]))
        return table.rename_columns(names)
    values = [rng.choice(("x", "1", None)) for _ in range(len(table))]
    made = rng.choice((pa.array(values, pa.string()), pa.nulls(len(table))))
    return table.set_column(at, table.column_names[at], made)


# -- JSON and files ------------------------------------------------------------------------


def _json(rng: random.Random, folder: Path) -> None:
    path = folder / index.PLAN
    whole = ("[" * 100_000, '{"cells": 3}', "", "null", "[]", "\xff", '{"a": ' * 2000)
    if rng.random() < 0.2:
        path.write_text(rng.choice(whole), encoding="latin-1")
        return
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        return  # an earlier change made it unreadable
    content = _node(rng, content)
    if isinstance(content, dict):
        content.pop(seal.KEY, None)
        index.write_json(path, content)
    else:
        path.write_text(json.dumps(content), encoding="utf-8")


def _node(rng: random.Random, value: Any) -> Any:
    """``value`` with something in it changed, removed or doubled."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(_ANY)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = rng.choice(keys)
    if rng.random() < 0.2:
        del value[key]
    elif isinstance(value, list) and rng.random() < 0.2:
        value.append(value[key])
    else:
        value[key] = _node(rng, value[key])
    return value


def _file(rng: random.Random, folder: Path) -> None:
    """A file is something else, or its bytes are."""
    paths = [*folder.glob("*.parquet"), *folder.glob("*.json"), folder / "copies"]
    paths += [folder / "report", folder / "output", folder / ".lock", folder / index.DECISION]
    path = rng.choice(sorted(paths))
    data = path.read_bytes() if path.is_file() else b"{}"
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    change = rng.choice(("pipe", "link", "folder link", "folder", "nothing", "empty", "cut", "bit"))
    if change == "pipe":
        os.mkfifo(path)
    elif change in ("link", "folder link"):
        path.symlink_to("/etc/hostname" if change == "link" else "/etc")
    elif change == "folder":
        path.mkdir()
    elif change != "nothing":
        at = rng.randrange(len(data) + 1)
        cut = data[:at] if change == "cut" else b""
        flipped = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)] if at < len(data) else [0])
        path.write_bytes(cut if change != "bit" else flipped + data[at + 1 :])

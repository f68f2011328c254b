"""Recorded tables: damaged files, and files whose content is not what it should be."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hpobench.kit import Table, write_table
from hpobench.recording.table import KEY
from tests import ROOT
from tests.fuzz.bytes import damaged, reshaped
from tests.fuzz.frame import Command

SUITE = """name: replayed
searchers: [random]
problems: [{recorded: {table: table.parquet, space: SPACE}}]
seeds: 1
budget: {evaluations: 3}
"""
Change: TypeAlias = Callable[[random.Random, pa.Table], pa.Table]


class Tables:
    """Tables given to ``plan``, which reads them whole; and what the cache holds of them."""

    name = "tables"

    def prepare(self, folder: Path) -> None:
        shipped = ROOT / "problems" / "recorded" / "tables" / "cnn-digits.parquet"
        (folder / "shipped.parquet").write_bytes(shipped.read_bytes())
        write_table(folder / "made.parquet", _made())

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        source = rng.choice(sorted(origin.glob("*.parquet")))
        table = folder / "table.parquet"
        space = rng.choice(("recorded", "original"))
        (folder / "suite.yaml").write_text(SUITE.replace("SPACE", space), encoding="utf-8")
        plan = ["XDG_CACHE_HOME=cache", "plan", "suite.yaml"]
        match rng.choice(("bytes", "bytes", "content", "about", "about", "kind")):
            case "bytes":
                table.write_bytes(damaged(rng, source.read_bytes()))
            case "content":
                _write(rng.choice(CHANGES)(rng, pq.read_table(source)), table, rng)
            case "about":
                _write(_about(rng, pq.read_table(source)), table, rng)
            case _:
                _other(rng, table)
        return [plan, plan]  # the second one finds what the first one left in the cache


def _made() -> Table:
    space = [
        {"kind": "float", "name": "lr", "low": 1e-4, "high": 1.0, "log": True},
        {"kind": "int", "name": "depth", "low": 1, "high": 9, "log": False},
        {"kind": "categorical", "name": "mixed", "choices": ["a", 1]},
    ]
    rng = np.random.default_rng(0)
    configs: list[Any] = [
        {"lr": float(x), "depth": int(d), "mixed": "a"}
        for x, d in zip(rng.uniform(1e-4, 1, 20), rng.integers(1, 10, 20), strict=True)
    ]
    about: dict[str, Any] = {
        "version": 1,
        "trained": space,
        "space": space,
        "fidelity": {"name": "epoch", "steps": 3, "unit": 1.0},
        "objective": {"metric": "loss", "direction": "minimize"},
        "heldout": True,
        "mutable": None,
        "problem": "made",
        "trials": 20,
        "seed": 0,
    }
    curves = {name: rng.uniform(0.1, 1, (20, 3)) for name in ("loss", "heldout", "cpu")}
    return Table(about, configs, curves, [None] * 20)


def _write(table: pa.Table, path: Path, rng: random.Random) -> None:
    pq.write_table(table, path, compression=rng.choice(("zstd", "gzip", "none")))


# -- what is in it -------------------------------------------------------------------------


def _about(rng: random.Random, table: pa.Table) -> pa.Table:
    about: Any = json.loads(table.schema.metadata[KEY])
    for _ in range(rng.randint(1, 3)):
        about = reshaped(rng, about)
    text = json.dumps(about)
    if rng.random() < 0.05:
        text = "[" * 100_000
    return table.replace_schema_metadata({KEY: text})


def _without(rng: random.Random, table: pa.Table) -> pa.Table:
    return table.drop_columns([rng.choice(table.column_names)])


def _doubled(rng: random.Random, table: pa.Table) -> pa.Table:
    name = rng.choice(table.column_names)
    return table.append_column(name, table[name])


def _retyped(rng: random.Random, table: pa.Table) -> pa.Table:
    at = rng.randrange(table.num_columns)
    rows = table.num_rows
    column = rng.choice(
        (
            pa.nulls(rows, pa.string()),
            pa.array(["x"] * rows),
            pa.array([True] * rows),
            pa.array([[0.5]] * rows),
            pa.array([[]] * rows, pa.list_(pa.float64())),
            pa.array([[None, 1.0, 2.0]] * rows),
            pa.array([[float("nan")] * 3] * rows),
            pa.array([[0.0] * 3] * rows),
            pa.array([[1e308, -1e308, 5e-324]] * rows),
            pa.array([{"a": 1}] * rows),
            pa.array([2**63 - 1] * rows),
            pa.array([b"\xff"] * rows),
        )
    )
    return table.set_column(at, table.column_names[at], column)


def _few(rng: random.Random, table: pa.Table) -> pa.Table:
    return table.slice(0, rng.randrange(3))


def _many(rng: random.Random, table: pa.Table) -> pa.Table:
    """Rows that take no room in the file, and memory once they are read."""
    rows = rng.choice((900_000, 30_000_000))
    columns = [pa.nulls(rows, pa.float64()) for _ in table.column_names]
    return pa.table(columns, table.column_names).replace_schema_metadata(table.schema.metadata)


CHANGES: tuple[Change, ...] = (_without, _doubled, *[_retyped] * 6, _few, _many)


# -- other things in its place -------------------------------------------------------------


def _other(rng: random.Random, path: Path) -> None:
    match rng.choice(("pipe", "folder", "link", "empty", "text", "parquet", "sparse")):
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(rng.choice(("/dev/zero", "/etc/passwd", "table.parquet")))
        case "empty":
            path.touch()
        case "text":
            path.write_text("PAR1" + "x" * 100 + "PAR1", encoding="utf-8")
        case "parquet":
            pq.write_table(pa.table({"a": [1]}), path)
        case _:
            with path.open("wb") as file:
                file.truncate(2**42)

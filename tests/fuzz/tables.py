"""Recorded tables: damaged files, and files whose content is not what it should be.

``plan`` reads them whole, and finds the second time what the first one left in the cache.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis.strategies import integers, sampled_from

from hpobench.kit import Table, write_table
from hpobench.recording.table import KEY
from tests import ROOT
from tests.fuzz.arrow import changed
from tests.fuzz.commands import Command
from tests.fuzz.values import Draw, damaged, misplace, now_and_then, reshaped

SUITE = """name: replayed
searchers: [random]
problems: [{recorded: {table: table.parquet, space: SPACE}}]
seeds: 1
budget: {evaluations: 3}
"""
MANY = (900_000, 30_000_000)
"""Rows that take no room in the file, and memory once they are read."""


def prepare(folder: Path) -> None:
    shipped = ROOT / "problems" / "recorded" / "tables" / "cnn-digits.parquet"
    (folder / "shipped.parquet").write_bytes(shipped.read_bytes())
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
        "problem": "made",
        "fidelity": {"name": "epoch", "steps": 3, "unit": 1.0},
        "objective": {"metric": "loss", "direction": "minimize"},
        "heldout": True,
        "mutable": None,
        "trials": 20,
        "seed": 0,
    }
    curves = {name: rng.uniform(0.1, 1, (20, 3)) for name in ("loss", "heldout", "cpu")}
    write_table(folder / "made.parquet", Table(about, configs, curves, [None] * 20))


def mutate(draw: Draw, origin: Path, folder: Path) -> Sequence[Command]:
    source = draw(sampled_from(sorted(origin.glob("*.parquet"))))
    table, file = pq.read_table(source), folder / "table.parquet"
    space = draw(sampled_from(("recorded", "original")))
    (folder / "suite.yaml").write_text(SUITE.replace("SPACE", space))
    match draw(sampled_from(("bytes", "bytes", "content", "content", "about", "many", "other"))):
        case "bytes":
            file.write_bytes(damaged(draw, source.read_bytes()))
        case "content":
            _write(draw, changed(draw, table), file)
        case "about":
            _write(draw, _about(draw, table), file)
        case "many":
            columns = [pa.nulls(draw(sampled_from(MANY)), pa.float64())] * table.num_columns
            many = pa.table(columns, table.column_names)
            _write(draw, many.replace_schema_metadata(table.schema.metadata), file)
        case _:
            _other(draw, file)
    return [["XDG_CACHE_HOME=cache", "plan", "suite.yaml"]] * 2


def _write(draw: Draw, table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression=draw(sampled_from(("zstd", "gzip", "none"))))


def _about(draw: Draw, table: pa.Table) -> pa.Table:
    about: Any = json.loads(table.schema.metadata[KEY])
    for _ in range(draw(integers(1, 3))):
        about = reshaped(draw, about)
    deep = now_and_then(draw, 20)
    return table.replace_schema_metadata({KEY: "[" * 100_000 if deep else json.dumps(about)})


def _other(draw: Draw, path: Path) -> None:
    match draw(sampled_from(("misplaced", "misplaced", "empty", "text", "parquet", "sparse"))):
        case "misplaced":
            misplace(draw, path)
        case "empty":
            path.touch()
        case "text":
            path.write_text("PAR1" + "x" * 100 + "PAR1")
        case "parquet":
            pq.write_table(pa.table({"a": [1]}), path)
        case _:
            with path.open("wb") as file:
                file.truncate(2**42)

"""Tables as somebody else may have made them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpobench.contract.errors import StoreError
from hpobench.recording import table as tables
from hpobench.recording.table import KEY, Table, read_about, read_table, write_table

SPACE = [{"kind": "float", "name": "x", "low": 0.0, "high": 1.0, "log": False}]
ABOUT: dict[str, Any] = {
    "version": 1,
    "trained": SPACE,
    "space": SPACE,
    "fidelity": {"name": "epoch", "steps": 2, "unit": 1.0},
    "objective": {"metric": "loss", "direction": "minimize"},
    "heldout": False,
    "mutable": None,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    curves = {name: np.array([[1.0, 0.5], [2.0, np.nan]]) for name in ("loss", "cpu")}
    write_table(path, Table(ABOUT, [{"x": 0.25}, {"x": 0.5}], curves, [None, "died"]))
    return path


def rewritten(file: Path, **about: Any) -> Path:
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({KEY: json.dumps(ABOUT | about)}), file)
    return file


def test_a_table_is_read_as_it_was_written(file: Path) -> None:
    table = read_table(file)
    assert (table.about, table.configs) == (ABOUT, [{"x": 0.25}, {"x": 0.5}])
    assert (table.curves["loss"].tolist()[0], table.errors) == ([1.0, 0.5], [None, "died"])


@pytest.mark.parametrize(
    "about",
    [
        {"trained": 3},
        {"trained": [{}]},
        {"space": [{"kind": "float", "name": "x", "low": "a", "high": 1.0}]},
        {"fidelity": None},
        {"fidelity": {"name": "epoch", "steps": 0, "unit": 1.0}},
        {"fidelity": {"name": "epoch", "steps": 2**70, "unit": 1.0}},
        {"fidelity": {"name": "epoch", "steps": 2, "unit": float("nan")}},
        {"objective": {"metric": "loss", "direction": "sideways"}},
        {"heldout": "yes"},
        {"mutable": 3},
        {"version": "\x1b[31m"},
    ],
    ids=json.dumps,
)
def test_metadata_of_another_shape(file: Path, about: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match=r"table\.parquet"):
        read_table(rewritten(file, **about))


def test_metadata_too_deep(file: Path) -> None:
    pq.write_table(pq.read_table(file).replace_schema_metadata({KEY: "[" * 100_000}), file)
    with pytest.raises(StoreError, match="damaged, or no recorded table"):
        read_about(file)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1.0], [2.0]]),
        pa.array([[1.0, 2.0, 3.0], [1.0]]),
        pa.array(["a", "b"]),
        pa.array([["a", "b"], ["c", "d"]]),
        pa.array([None, [1.0, 2.0]], pa.list_(pa.float64())),
    ],
    ids=str,
)
def test_curves_of_another_shape(file: Path, column: pa.Array) -> None:
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.column_names.index("loss"), "loss", column), file)
    with pytest.raises(StoreError, match="damaged, or no recorded table"):
        read_table(file)


def test_values_outside_the_space(file: Path) -> None:
    pq.write_table(pq.read_table(file).set_column(0, "config/x", pa.array([0.5, 7.0])), file)
    with pytest.raises(StoreError, match="damaged, or no recorded table"):
        read_table(file)


def test_a_small_file_with_a_flood_of_rows(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_VALUES", 1_000_000)
    rows = 1_000_000
    names = pq.read_schema(file).names
    flood = pa.table([pa.nulls(rows, pa.bool_())] * len(names), names)
    pq.write_table(flood.replace_schema_metadata({KEY: json.dumps(ABOUT)}), file)
    assert file.stat().st_size < 10_000
    with pytest.raises(StoreError, match="unpacks to 1,000,000 trials, 4,000,000 values"):
        read_table(file)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    for path, what in ((pipe, "named pipe"), (link, "link"), (tmp_path, "folder")):
        with pytest.raises(StoreError, match=what):
            read_about(path)

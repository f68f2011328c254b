"""Cells that a run under way has added: read, kept twice, repaired, folded, and never undone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from hpobench.contract.errors import StoreError
from hpobench.store.format import index
from hpobench.store.prove.damage import find_damage, repair
from hpobench.store.read.reader import load_results
from hpobench.store.write import compaction
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer
from tests.unit.store.test_store import begin, data, outcome, write


def unfinished(folder: Path, batches: list[list[int]]) -> None:
    """A run of ``batches`` that was killed before it ended."""
    with open_writer(folder) as store:
        begin(store, range(max(map(max, batches)) + 1))
        for numbers in batches:
            store.add([Batch.of([outcome(i) for i in numbers])])


def names(folder: Path) -> list[str]:
    return [path.name for path in index.commits(folder)]


def test_what_a_batch_adds_does_not_touch_what_was_stored(tmp_path: Path) -> None:
    write(tmp_path, [[0, 1]])
    before = data(tmp_path)
    unfinished(tmp_path, [[2], [3, 4]])
    assert names(tmp_path) == ["cells-00000001.parquet", "cells-00000002.parquet"]
    assert {name: data(tmp_path)[name] for name in before} == before
    assert list(load_results(tmp_path).cells["seed"]) == [0, 1, 2, 3, 4]
    frames = [pd.read_parquet(path) for path in sorted(tmp_path.glob("cells*.parquet"))]
    assert sorted(pd.concat(frames)["seed"]) == [0, 1, 2, 3, 4]


def test_the_next_run_goes_on_counting(tmp_path: Path) -> None:
    unfinished(tmp_path, [[0], [1]])
    with open_writer(tmp_path) as store:
        begin(store, range(3))
        assert store.statuses_of(["cell-001", "cell-002"]) == ["done", "missing"]
        store.add([Batch.of([outcome(2)])])
        assert store.added() == {"cell-002"}
        assert names(tmp_path)[-1] == "cells-00000003.parquet"
        store.compact()
    assert names(tmp_path) == []
    write(tmp_path / "whole", [[0, 1, 2]])
    assert {n: d for n, d in data(tmp_path).items() if not n.startswith("problems")} == {
        n: d for n, d in data(tmp_path / "whole").items() if not n.startswith("problems")
    }


def test_the_later_row_of_a_cell_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0])
        store.add([Batch.of([outcome(0, status="failed")])])
        store.add([Batch.of([outcome(0)])])
        real, removed = index.remove, list[Path]()

        def killed(path: Path) -> None:
            if removed:
                raise KeyboardInterrupt
            removed.append(path)
            real(path)

        monkeypatch.setattr(index, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            store.compact()
    assert len(names(tmp_path)) == 1
    assert list(load_results(tmp_path).cells["status"]) == ["done"]
    monkeypatch.undo()
    with open_writer(tmp_path) as store:
        begin(store, [0])
        store.compact()
    assert list(load_results(tmp_path).cells["status"]) == ["done"]
    assert find_damage(tmp_path) == []


@pytest.mark.parametrize("how", ["changed", "missing"])
def test_a_damaged_file_of_cells_is_restored_from_its_copy(tmp_path: Path, how: str) -> None:
    unfinished(tmp_path, [[0], [1]])
    path = index.commits(tmp_path)[0]
    before = path.read_bytes()
    if how == "changed":
        path.write_bytes(before[:-9] + b"x" + before[-8:])
        with pytest.raises(StoreError, match=f"{path.name}: damaged"):
            load_results(tmp_path)
    else:
        path.unlink()
    assert [damage.path for damage in find_damage(tmp_path)] == [path]
    (done,) = repair(tmp_path)
    assert "restored from" in done
    assert list(load_results(tmp_path).cells["seed"]) == [0, 1]
    assert find_damage(tmp_path) == []


def test_without_a_copy_its_cells_run_again_and_no_others(tmp_path: Path) -> None:
    unfinished(tmp_path, [[0], [1]])
    (path := index.commits(tmp_path)[0]).write_bytes(b"x")
    (tmp_path / "copies" / path.name).unlink()
    (done,) = repair(tmp_path)
    assert "moved into" in done
    with open_writer(tmp_path) as store:
        assert store.statuses == {"cell-001": "done"}


def test_what_exceeds_memory_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FILE_ROWS", 20)
    monkeypatch.setattr(compaction, "_GROUP_ROWS", 7)
    batches = [[9, 3, 14], [0], [12, 11, 10, 8], [7, 6, 5], [4, 2, 1, 13]]
    write(tmp_path / "memory", batches)
    monkeypatch.setattr(compaction, "MEMORY", 0)
    write(tmp_path / "disk", batches)
    assert data(tmp_path / "memory") == data(tmp_path / "disk")
    assert len(list((tmp_path / "disk").glob("events-*"))) == 4
    assert load_results(tmp_path / "disk").cells["seed"].tolist() == list(range(15))


def test_buckets_keep_the_order_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MEMORY", 100)
    columns = pa.schema({"x": pa.int64()})
    found = compaction.Buckets(3, columns, tmp_path)
    for first in range(0, 300, 30):
        rows = pa.table({"x": list(range(first, first + 30))}, schema=columns)
        found.add(rows, rows["x"].to_numpy() % 3)
    expected = [list(range(n, 300, 3)) for n in range(3)]
    assert [found.take(n)["x"].to_pylist() for n in range(3)] == expected
    assert list(tmp_path.iterdir()) == []  # the file has no name
    found.close()


def test_a_plan_is_written_as_before(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    content = json.loads((tmp_path / "plan.json").read_text())
    assert list(content)[-1] == "hpobench_sha256"
    assert list(content)[:-1] == sorted(list(content)[:-1])

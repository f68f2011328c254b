"""The results folder: whole cells, crashes, canonical bytes, damage."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpobench.contract.errors import StoreError, UsageError
from hpobench.store.format import disk, schema
from hpobench.store.read.reader import load_results
from hpobench.store.write import compaction
from hpobench.store.write.batch import Batch, Outcome
from hpobench.store.write.writer import open_writer


def outcome(number: int, *, results: int = 5, status: str = "done", loss: float = 1.0) -> Outcome:
    name = f"cell-{number:03d}"
    events = {
        "cell": [name] * results,
        "trial": list(range(results)),
        "step": [1] * results,
        "resource": [1.0] * results,
        "clock": [float(i + 1) for i in range(results)],
        "loss": [loss + number + i for i in range(results)],
        "heldout": [None] * results,
        "cost": [1.0] * results,
        "decision": ["STOP"] * results,
        "worker": [0] * results,
        **dict.fromkeys(("parent", "parent_step", "config"), [None] * results),
    }
    trial = {"cell": name, "config": "{}", "status": "completed", "steps": 1}
    trial |= dict.fromkeys(("start", "end", "suggest_s", "observe_s"), 0.0)
    cell = {
        "cell": name,
        "searcher": "random",
        "scheduler": "fifo",
        "problem": "p",
        "seed": number,
        "workers": 1,
        "stage": "virtual",
        "status": status,
        "trials": results,
        "results": results,
        **dict.fromkeys(("resource", "clock", "evaluation_s"), 1.0),
        **dict.fromkeys(("suggest_s", "observe_s", "harness_s"), 0.0),
        "spec": "{}",
        "provenance": "{}",
    }
    return Outcome(
        cell=cell,
        events=pa.table(events, schema=schema.plain(schema.EVENTS)),
        trials=pa.Table.from_pylist(
            [{**trial, "trial": i} for i in range(results)], schema=schema.plain(schema.TRIALS)
        ),
    )


PROBLEM = {
    "problem": "p",
    "metric": "loss",
    "direction": "minimize",
    "optimum": 0.0,
    "clip": 1.0,
    "known": True,
    "source": "",
    "heldout": False,
    "fidelity": "evaluation",
    "steps": 1,
    "unit": 1.0,
    "dimensions": 0,
    "space": "[]",
}
PLAN = {"name": "s", "suite": {}, "searchers": ["random"], "schedulers": ["fifo"]}


def begin(store: Any, numbers: Any) -> None:
    names = [f"cell-{i:03d}" for i in numbers]
    plan = {**PLAN, "problems": ["p"], "cells": names, "skipped": []}
    store.begin("name: s\n", plan, dict.fromkeys(names, ("random", "fifo")), {"p": PROBLEM})


def write(folder: Path, batches: list[list[int]], **options: Any) -> None:
    with open_writer(folder) as store:
        begin(store, itertools.chain(*batches))
        for batch in batches:
            store.add([Batch.of([outcome(i, **options) for i in batch])])
        store.compact()


def data(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_round_trip(tmp_path: Path) -> None:
    write(tmp_path, [[2, 0], [1]])
    results = load_results(tmp_path)
    assert list(results.cells["seed"]) == [0, 1, 2]
    assert list(results.events["cell"].unique()) == ["cell-000", "cell-001", "cell-002"]
    assert list(results.events[results.events["cell"] == "cell-001"]["loss"]) == [2, 3, 4, 5, 6]
    assert results.events["heldout"].isna().all()
    assert len(results.trials) == 15


def test_cells_that_differ_in_workers_only_come_in_their_order(tmp_path: Path) -> None:
    with open_writer(tmp_path) as store:
        begin(store, range(3))
        for number, workers in enumerate((8, 1, 2)):
            one = outcome(number)
            one.cell.update(seed=0, workers=workers)
            store.add([Batch.of([one])])
        store.compact()
    results = load_results(tmp_path)
    assert list(results.cells["workers"]) == [1, 2, 8]
    assert list(results.cells["cell"]) == ["cell-001", "cell-002", "cell-000"]
    assert list(results.events["cell"].unique()) == ["cell-001", "cell-002", "cell-000"]


def test_plain_pandas_reads_it(tmp_path: Path) -> None:
    write(tmp_path, [[0, 1]])
    frames = [pd.read_parquet(path) for path in sorted(tmp_path.glob("events-*.parquet"))]
    events = pd.concat(frames)
    assert len(events) == 10
    assert events["cell"].dtype == "category"


def test_bytes_are_of_no_order_or_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FILE_ROWS", 12)  # three cells a file
    write(tmp_path / "a", [[0, 1, 2, 3, 4, 5, 6]])
    write(tmp_path / "b", [[6], [3, 1], [0, 5], [2, 4]])
    with open_writer(tmp_path / "c") as store:
        begin(store, range(7))
        store.add([Batch.of([outcome(4), outcome(2)])])
    write(tmp_path / "c", [[0, 1, 2, 3, 4, 5, 6]])
    assert data(tmp_path / "a") == data(tmp_path / "b") == data(tmp_path / "c")
    assert len(list((tmp_path / "a").glob("events-*"))) == 3


def test_compacting_twice_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [[0], [1]])
    before = data(tmp_path)
    monkeypatch.setattr(disk, "replace", None)
    with open_writer(tmp_path) as store:
        store.compact()
    assert data(tmp_path) == before


def test_a_retried_cell_replaces_the_failed_one(tmp_path: Path) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0, 1])
        store.add([Batch.of([outcome(0, status="failed", results=2, loss=50.0), outcome(1)])])
        store.add([Batch.of([outcome(0)])])
        before = load_results(tmp_path).events
        store.compact()
    results = load_results(tmp_path)
    pd.testing.assert_frame_equal(results.events, before)
    assert list(results.events[results.events["cell"] == "cell-000"]["loss"]) == [1, 2, 3, 4, 5]
    assert list(results.cells["status"]) == ["done", "done"]


def test_cells_of_an_earlier_suite_are_kept_but_not_read(tmp_path: Path) -> None:
    write(tmp_path, [[0, 1]])
    with open_writer(tmp_path) as store:
        begin(store, [1, 2])
        store.add([Batch.of([outcome(2)])])
        store.compact()
    assert list(load_results(tmp_path).cells["seed"]) == [1, 2]
    stored = pd.read_parquet(tmp_path / "cells.parquet")
    expected = {0: False, 1: True, 2: True}
    assert dict(zip(stored["seed"], stored["in_suite"], strict=True)) == expected


def test_a_new_label_is_taken_over(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    with open_writer(tmp_path) as store:
        plan = {**PLAN, "searchers": ["dice"], "problems": ["p"], "skipped": []}
        plan["cells"] = ["cell-000"]
        store.begin("name: s\n", plan, {"cell-000": ("dice", "fifo")}, {})
    assert list(load_results(tmp_path).cells["searcher"]) == ["dice"]


def test_a_suite_of_which_nothing_has_run_is_no_results(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    with open_writer(tmp_path) as store:
        begin(store, [1])
    with pytest.raises(UsageError, match="no cell is finished yet"):
        load_results(tmp_path)


def test_cells_without_rows(tmp_path: Path) -> None:
    write(tmp_path, [[0], [1]], results=0)
    results = load_results(tmp_path)
    assert len(results.cells) == 2
    assert len(results.events) == 0


def test_a_full_disk_is_explained_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [[0]])

    def full(fd: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_writer(tmp_path) as store, monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="disk is full; free some space"):
            store.add([Batch.of([outcome(1)])])
    assert list(load_results(tmp_path).cells["seed"]) == [0]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with (
        open_writer(tmp_path),
        pytest.raises(StoreError, match="another run is writing here"),
        open_writer(tmp_path),
    ):
        pass
    with open_writer(tmp_path):
        pass


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    path = tmp_path / "cells.parquet"
    pq.write_table(pq.read_table(path).replace_schema_metadata({"hpobench_schema": "99"}), path)
    told = f"schema version 99, this hpobench reads {schema.VERSION}"
    with pytest.raises(StoreError, match=told):
        load_results(tmp_path)
    with pytest.raises(StoreError), open_writer(tmp_path):
        pass


def test_damage_is_named(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    (file := next(tmp_path.glob("events-*"))).write_bytes(file.read_bytes()[:100])
    with pytest.raises(StoreError, match=file.name):
        load_results(tmp_path)
    file.unlink()
    with pytest.raises(StoreError, match=file.name):
        load_results(tmp_path)


@pytest.mark.parametrize("damage", ["missing", "changed", "no problem"])
def test_lost_files_run_again(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FILE_ROWS", 5)
    write(tmp_path, [[0, 1]])
    expected = data(tmp_path)
    file = sorted(tmp_path.glob("events-*"))[0]
    if damage == "missing":
        file.unlink()
    elif damage == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    else:
        (tmp_path / "problems.parquet").unlink()
    with open_writer(tmp_path) as store:
        assert len(store.lost) == (2 if damage == "no problem" else 1)
        begin(store, [0, 1])
        store.add([Batch.of([outcome(i) for i in (0, 1) if f"cell-{i:03d}" not in store.statuses])])
        store.compact()
    assert data(tmp_path) == expected


def test_a_foreign_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    (tmp_path / "cells.parquet").write_bytes(disk.table_bytes(pa.table({"x": [1]})))
    with pytest.raises(StoreError, match=r"cells\.parquet: .*its columns are not those of cells"):
        load_results(tmp_path)


def test_not_a_results_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not a results folder"):
        load_results(tmp_path)
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(StoreError, match=r"plan\.json"):
        load_results(tmp_path)
    (tmp_path / "plan.json").write_text("[]")
    with pytest.raises(StoreError, match=r"not a plan"):
        load_results(tmp_path)
    plan = {**PLAN, "problems": ["p"], "cells": [], "skipped": []}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(UsageError, match=r"no cell is finished yet"):
        load_results(tmp_path)


# -- signatures ------------------------------------------------------------------------------


def signed(number: int, *losses: Any) -> Outcome:
    text = json.dumps({"losses": losses, "tolerance": 1e-5})
    return dataclasses.replace(outcome(number), signature=text)


def test_a_problem_that_has_become_another_is_refused(tmp_path: Path) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0, 1, 2])
        store.add([Batch.of([signed(0, 0.5, None)])])
    with open_writer(tmp_path) as store:
        begin(store, [0, 1, 2])
        store.add([Batch.of([signed(1, 0.500001, None)])])
        told = r"^p: the problem is no longer the one .*: probe 1 had loss 0\.5, now it has 0\.6; "
        with pytest.raises(StoreError, match=told):
            store.add([Batch.of([signed(2, 0.6, None)])])
        with pytest.raises(StoreError, match="probe 2 had loss none, now it has 1"):
            store.add([Batch.of([signed(2, 0.5, 1.0)])])
    assert list(load_results(tmp_path).cells["seed"]) == [0, 1]


def test_a_problem_may_become_another_where_no_cell_of_the_suite_ran_on_it(tmp_path: Path) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0])
        store.add([Batch.of([signed(0, 0.5)])])
    with open_writer(tmp_path) as store:  # another plugin file, another data set: other cells
        begin(store, [1])
        store.add([Batch.of([signed(1, 0.6)])])
    assert "0.6" in pd.read_parquet(tmp_path / "problems.parquet")["signature"][0]


def test_references_are_those_of_the_last_run(tmp_path: Path) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0])
        store.add([Batch.of([signed(0, 0.5)])])
    with open_writer(tmp_path) as store:
        plan = {**PLAN, "problems": ["p"], "cells": ["cell-000"], "skipped": []}
        renewed = {**PROBLEM, "optimum": -1.0, "version": 2}
        store.begin("name: s\n", plan, {"cell-000": ("random", "fifo")}, {"p": renewed})
    row = load_results(tmp_path).problems.iloc[0]
    assert (row["optimum"], row["version"]) == (-1.0, 2)
    assert "0.5" in row["signature"]


# -- folders of strangers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [".lock", "suite.yaml", "plan.json", "cells.parquet", "problems.parquet"]
)
def test_links_inside_a_results_folder_are_not_followed(tmp_path: Path, name: str) -> None:
    (target := tmp_path / "target").write_text("precious")
    write(tmp_path / "store", [[0]])
    (tmp_path / "store" / name).unlink()
    (tmp_path / "store" / name).symlink_to(target)
    if name in ("plan.json", "cells.parquet", "problems.parquet"):
        with pytest.raises(StoreError, match=f"{name}: is a link"):
            load_results(tmp_path / "store")
    with contextlib.suppress(StoreError):  # or it is replaced
        write(tmp_path / "store", [[0]])
    assert target.read_text() == "precious"


@pytest.mark.parametrize("name", ["output", "copies", "journals", "report"])
def test_linked_folders_inside_a_results_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=f"{name}: is a link"):
        write(tmp_path / "store", [[0]])
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["plan.json", "cells.parquet", "problems.parquet", "events"])
def test_pipes_are_not_waited_for(tmp_path: Path, name: str) -> None:
    write(tmp_path, [[0]])
    path = next(tmp_path.glob("events-*")) if name == "events" else tmp_path / name
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError, match=f"{path}: is a named pipe"):
        load_results(tmp_path)


def test_a_plan_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [[0]])
    (tmp_path / "plan.json").write_text("[" * 100_000)
    with pytest.raises(StoreError, match=r"plan\.json: damaged: not readable as JSON"):
        load_results(tmp_path)


def test_names_in_cells_lead_nowhere(tmp_path: Path) -> None:
    for column, value in (("cell", "../x"), ("events_shard", "../events-0123456789abcdef.parquet")):
        write(tmp_path, [[0]])
        path = tmp_path / "cells.parquet"
        rows = [{**row, column: value} for row in pq.read_table(path).to_pylist()]
        path.write_bytes(disk.table_bytes(pa.Table.from_pylist(rows, schema=schema.CELLS)))
        with pytest.raises(StoreError, match=r"cells\.parquet: damaged"):
            load_results(tmp_path)
        path.unlink()

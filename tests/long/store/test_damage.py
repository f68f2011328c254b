"""Damaged stores of real runs: every reading is right, or names the damaged file."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpobench.contract.errors import StoreError
from hpobench.store.format import disk, index
from hpobench.store.prove.damage import find_damage, repair
from hpobench.store.read.reader import (
    Results,
    decision_sentence,
    load_cells,
    load_results,
    stored_digest,
)
from tests.fuzz.stores import SUITE, rewrite
from tests.support.night import count
from tests.support.stored_results import run_suite

FLIPS = count(10, 40)
"""Of each file; there are eight."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = run_suite(SUITE, tmp_path_factory.mktemp("stored") / "whole")
    (folder / "written.yaml").unlink()
    content = {
        "rule": {"looks": [3], "margin": 0.01, "alpha": 0.05},
        "question": "q",
        "results": stored_digest(folder),
        "sentence": "Decided.",
    }
    index.write_json(folder / index.DECISION, content)
    return folder


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "store"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def same(one: Results, other: Results) -> bool:
    for frame in ("cells", "events", "trials", "problems"):
        pd.testing.assert_frame_equal(getattr(one, frame), getattr(other, frame))
    return (one.name, one.suite, one.plan) == (other.name, other.suite, other.plan)


def readings(folder: Path, right: Results) -> dict[str, Callable[[], bool]]:
    """Whether each reading of ``folder`` is right."""
    return {
        "load": lambda: same(load_results(folder), right),
        "status": lambda: {row["cell"] for row in load_cells(folder)} == set(right.cells["cell"]),
        "decision": lambda: decision_sentence(folder) == "Decided.",
    }


def refusal(read: Callable[[], bool]) -> str | None:
    """Why a reading that would else be right is refused."""
    try:
        right = read()
    except StoreError as error:
        return str(error)
    assert right
    return None


def test_every_flipped_bit_is_found_or_changes_nothing(whole: Path, store: Path) -> None:
    right, rng = load_results(whole), random.Random(15)
    found = 0
    for name, data in content(whole).items():
        for at in rng.sample(range(len(data)), min(FLIPS, len(data))):
            damaged = bytearray(data)
            damaged[at] ^= 1 << rng.randrange(8)
            (store / name).write_bytes(damaged)
            refused = [text for read in readings(store, right).values() if (text := refusal(read))]
            assert all(str(store / name) in text for text in refused)
            reported = {str(one.path.relative_to(store)) for one in find_damage(store)}
            assert reported <= {name}
            assert reported or not refused
            found += bool(reported)
            (store / name).write_bytes(data)
    assert found > FLIPS * 25 // 4


@pytest.mark.parametrize(
    "name", [index.SUITE, index.PLAN, index.CELLS, index.PROBLEMS, index.DECISION]
)
@pytest.mark.parametrize("damage", ["cut", "empty", "missing", "zeros"])
def test_a_damaged_index_is_restored(whole: Path, store: Path, name: str, damage: str) -> None:
    data = (store / name).read_bytes()
    changed = {"cut": data[:-9], "empty": b"", "zeros": data[:99] + bytes(60) + data[159:]}
    (store / name).unlink()
    if damage in changed:
        (store / name).write_bytes(changed[damage])
    assert {one.path.name for one in find_damage(store)} == {name}
    assert repair(store) == [f"{store / name}: restored from {store / 'copies' / name}"]
    assert content(store) == content(whole)
    assert find_damage(store) == []


def test_without_a_copy_nothing_is_deleted(whole: Path, store: Path) -> None:
    shutil.rmtree(store / "copies")
    (store / index.CELLS).write_bytes(b"PAR1")
    (told,) = repair(store)
    assert "all cells are run anew" in told
    files = {path.name for path in whole.glob("*-*.parquet")}
    assert {path.name for path in (store / "damaged").iterdir()} == files | {index.CELLS}
    assert load_cells(store) == []


def test_only_damaged_cells_go(whole: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file := min(store.glob("events-*.parquet"))).write_bytes(file.read_bytes()[:-1] + b"x")
    (damage,) = find_damage(store)
    assert set(damage.cells) == {row["cell"] for row in load_cells(store)}
    told = rf"{file.name}: damaged.* results of \d+ cells \(.*verify"
    with pytest.raises(StoreError, match=told):
        load_results(store)
    repair(store)
    assert find_damage(store) == []
    assert load_cells(store) == []
    assert (store / "damaged" / file.name).exists()


def test_files_in_each_others_places_are_found(whole: Path, store: Path) -> None:
    names = [path.name for path in sorted(store.glob("*.*"))]
    for one, other in itertools.combinations(names, 2):
        first, second = ((whole / name).read_bytes() for name in (one, other))
        (store / one).write_bytes(second)
        (store / other).write_bytes(first)
        assert find_damage(store), (one, other)
        (store / one).write_bytes(first)
        (store / other).write_bytes(second)


def twice(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def fewer(table: pa.Table) -> pa.Table:
    return table.slice(1)


@pytest.mark.parametrize("kind", ["cells", "problems", "events", "trials"])
@pytest.mark.parametrize("change", [twice, fewer])
def test_rows_that_are_doubled_or_missing_are_found(
    store: Path, kind: str, change: Callable[[pa.Table], pa.Table]
) -> None:
    """Even under right seals and names."""
    rewrite(store, kind, change)
    if (kind, change) == ("cells", fewer):
        return  # a cell that has not run yet
    with pytest.raises(StoreError, match=f"{kind}.*parquet: damaged"):
        load_results(store)
    repair(store)
    assert find_damage(store) == []


def test_stores_of_earlier_versions_have_no_seals(whole: Path, store: Path) -> None:
    shutil.rmtree(store / "copies")
    for kind in ("cells", "problems"):
        table = pq.read_table(store / f"{kind}.parquet")
        (store / f"{kind}.parquet").write_bytes(disk.table_bytes(table))
    (store / index.PLAN).write_text(json.dumps(index.read_plan(store / index.PLAN)))
    assert same(load_results(store), load_results(whole))
    assert find_damage(store) == []

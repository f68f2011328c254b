"""Parts that ran apart, merged: the same bytes as one run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.errors import StoreError, UsageError
from hpobench.store.join.merging import merge
from hpobench.store.read.reader import load_results
from tests.ray.faults.commands import events, finish
from tests.ray.running.test_union import CELLS
from tests.ray.running.test_union import SUITE as BASE

SUITE = BASE.replace("base", "shards")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of all cells, and one of each of three shards, in which the last is interrupted."""
    folder = tmp_path_factory.mktemp("stores")
    (folder / "suite.yaml").write_text(SUITE)
    finish("run", folder / "suite.yaml", "--results", folder / "one", "--no-report")
    for number in (1, 2, 3):
        options = ("--results", folder, "--shard", f"{number}/3", "--cpus", 1)
        assert "report" not in finish("run", folder / "suite.yaml", *options)
    return folder


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("shards.shard-*"))


def test_merged_they_are_the_same_bytes_in_any_order(stores: Path, tmp_path: Path) -> None:
    one = stores / "one" / "shards"
    for name, order in (("a", shards(stores)), ("b", shards(stores)[::-1])):
        output = finish("merge", *order, "--into", tmp_path / name)
        assert f"{CELLS} of {CELLS} cells from 3 folders" in output
        assert events(tmp_path / name) == events(one)
        for file in ("plan.json", "suite.yaml", "problems.parquet"):
            assert (tmp_path / name / file).read_bytes() == (one / file).read_bytes(), file
    for path in (tmp_path / "a").glob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    again = finish("run", stores / "suite.yaml", "--results", stores / "one", "--no-report")
    assert "ran 0 cells" in again


def test_a_part_alone_knows_its_own_cells(stores: Path) -> None:
    shares = [load_results(shard).cells for shard in shards(stores)]
    assert sum(map(len, shares)) == CELLS
    for shard, cells in zip(shards(stores), shares, strict=True):
        assert f"{len(cells)} cells: {len(cells)} done" in finish("status", shard)
        assert cells["searcher"].nunique() == 2


def test_an_unfinished_part_is_merged_and_a_run_adds_the_rest(stores: Path, tmp_path: Path) -> None:
    for shard in shards(stores):
        shutil.copytree(shard, tmp_path / shard.name)
    short = shards(tmp_path)[1]
    for file in ("cells.parquet", "copies/cells.parquet"):
        (short / file).unlink()
    output = finish("merge", *shards(tmp_path), code=1)
    assert f"of {CELLS} cells from 3 folders" in output
    output = finish("run", stores / "suite.yaml", "--results", tmp_path, "--no-report")
    assert f"in all {CELLS} done" in output
    assert events(tmp_path / "shards") == events(stores / "one" / "shards")


def changed(folder: Path, **plan: Any) -> None:
    for file in (folder / "plan.json", folder / "copies" / "plan.json"):
        content = json.loads(file.read_text()) | plan
        content.pop("hpobench_sha256")
        file.write_text(json.dumps(content))


def test_what_is_not_all_of_one_run_is_refused(stores: Path, tmp_path: Path) -> None:
    first, second, third = (shutil.copytree(p, tmp_path / p.name) for p in shards(stores))
    told = r"1 of 3 shards are not there, such as shards.shard-2-of-3"
    with pytest.raises(UsageError, match=told):
        merge([first, third], tmp_path / "x")
    with pytest.raises(UsageError, match="the same shard"):
        merge([first, first, second, third], tmp_path / "x")
    with pytest.raises(UsageError, match="is one of the folders"):
        merge([first, second, third], second)
    with pytest.raises(UsageError, match="is no shard of a run"):
        merge([first, stores / "one" / "shards"], tmp_path / "x")
    changed(second, problems=["another"])
    with pytest.raises(UsageError, match="not of the same plan"):
        merge([first, second, third], tmp_path / "x")
    changed(third, shard={"number": 9})
    with pytest.raises(StoreError, match="is not a plan: 'shard"):
        merge([first, third], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_damage_is_not_merged(stores: Path, tmp_path: Path) -> None:
    folders = [shutil.copytree(p, tmp_path / p.name) for p in shards(stores)]
    (file := next(folders[0].glob("events-*"))).write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match=f"{file.name}: damaged"):
        merge(folders, tmp_path / "x")


def test_options_that_do_not_go_together(stores: Path) -> None:
    suite = stores / "suite.yaml"
    assert "like 3/16" in finish("run", suite, "--shard", "4/3", code=2)
    told = finish("run", suite, "--shard", "1/3", "--until-decided", code=2)
    assert "run it without --shard" in told

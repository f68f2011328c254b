"""``hpobench.load`` of several folders gives what a merge of them would store."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import hpobench
from hpobench.contract.errors import UsageError
from hpobench.store.join.merging import merge
from tests.ray.faults.commands import finish
from tests.ray.running.test_union import MORE, SUITE
from tests.support.altered import Stored, alter
from tests.support.stored_results import run_suite

TABLES = ("cells", "events", "trials", "problems")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("together")
    third = SUITE.replace("[random, sobol]", "[grid]").replace("seeds: 3", "seeds: [7]")
    texts = {"base": SUITE, "more": MORE, "third": third}
    return [run_suite(text, folder / name) for name, text in texts.items()]


def same(found: hpobench.SuiteResults, other: hpobench.SuiteResults) -> None:
    for table in TABLES:
        one, two = (
            getattr(results, table).drop(columns=["events_shard", "trials_shard"], errors="ignore")
            for results in (found, other)
        )
        assert list(one.dtypes) == list(two.dtypes)
        pd.testing.assert_frame_equal(one, two, check_categorical=False)
    assert (found.name, found.suite, found.missing) == (other.name, other.suite, other.missing)
    pd.testing.assert_frame_equal(found.standings(points=5), other.standings(points=5))


def test_the_union_is_that_of_a_merge(stores: list[Path], tmp_path: Path) -> None:
    merged = hpobench.load(merge(stores, tmp_path / "merged")[0])
    same(hpobench.load(stores), merged)
    same(hpobench.load(stores[2], *stores[:2]), merged)
    same(hpobench.load([stores[0]]), hpobench.load(stores[0]))


def test_the_parts_of_a_run_are_the_run(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SUITE)
    run = ("run", tmp_path / "base.yaml", "--results", tmp_path, "--no-report", "--cpus", 1)
    for shard in ("1/2", "2/2"):
        finish(*run, "--shard", shard)
    parts = sorted(tmp_path.glob("base.shard-*"))
    found = hpobench.load(parts)
    assert not found.missing
    finish("merge", *parts)
    same(found, hpobench.load(tmp_path / "base"))
    with pytest.raises(UsageError, match="two of the folders are the same shard"):
        hpobench.load(parts[0], parts[0])


def test_results_of_several_folders_stand_for_none(stores: list[Path]) -> None:
    found = hpobench.load(stores[:2])
    assert found.page is None
    with pytest.raises(UsageError, match=r"`hpobench merge .*base .*more --into FOLDER` makes one"):
        hpobench.report(found)
    with pytest.raises(UsageError, match="two or more different"):
        hpobench.load(stores[0], stores[0])
    with pytest.raises(UsageError, match="name a folder"):
        hpobench.load([])
    with pytest.raises(UsageError, match="no such folder"):
        hpobench.load(stores[0], "nowhere")


def test_cells_of_other_bytes_are_named(stores: list[Path], tmp_path: Path) -> None:
    changed = shutil.copytree(stores[0], tmp_path / "changed")
    cell = str(hpobench.load(changed).cells["cell"].iloc[0])

    def change(stored: Stored) -> None:
        stored.events[0]["loss"] += 1.0

    alter(changed, cell, change)
    with pytest.raises(UsageError, match=f"{cell}: loss in row 0 of events"):
        hpobench.load(stores[0], changed)

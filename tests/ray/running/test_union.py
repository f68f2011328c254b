"""Stores of different suites, merged: one store, or a refusal that names the cells."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import hpobench
from hpobench.contract.errors import UsageError
from hpobench.store.format import index
from hpobench.store.join.merging import merge
from hpobench.store.prove.damage import find_damage
from tests.ray.faults.commands import finish
from tests.support.altered import Stored, alter
from tests.support.stored_results import run_suite

SUITE = """{
name: base, searchers: [random, sobol], schedulers: [fifo, asha],
problems: [branin, {mf-hartmann: {dimension: 3, quality: good}}], seeds: 3,
budget: {evaluations: 4}
}"""
MORE = SUITE.replace("base", "more").replace("sobol", "grid").replace("asha", "median")
CELLS = 2 * (1 + 2) * 3


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store, and one with another searcher and another scheduler beside common ones."""
    folder = tmp_path_factory.mktemp("union")
    return run_suite(SUITE, folder / "base"), run_suite(MORE, folder / "more")


@pytest.fixture
def pair(stores: tuple[Path, Path], tmp_path: Path) -> list[Path]:
    return [shutil.copytree(store, tmp_path / store.name) for store in stores]


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def common(one: Path, other: Path) -> list[str]:
    cells = [set(hpobench.load(folder).cells["cell"]) for folder in (one, other)]
    return sorted(cells[0] & cells[1])


def test_in_any_order_the_union_is_the_same_bytes(pair: list[Path], tmp_path: Path) -> None:
    shared = common(*pair)
    assert shared
    whole = 2 * CELLS - len(shared)
    merged = [merge(order, tmp_path / n) for n, order in (("x", pair), ("y", pair[::-1]))]
    assert [counts for _, *counts in merged] == [[whole, whole]] * 2
    assert content(tmp_path / "x") == content(tmp_path / "y")
    assert find_damage(tmp_path / "x") == []
    assert merge([tmp_path / "x", pair[0]], tmp_path / "z")[1:] == (whole, whole)
    names = [{p.name for p in (tmp_path / n).glob("events-*")} for n in "xz"]
    assert names[0] == names[1]


def test_a_searcher_more_is_run_alone_and_joined(pair: list[Path], tmp_path: Path) -> None:
    run_suite(SUITE.replace("[random, sobol]", "[grid]"), tmp_path / "grid")
    output = finish("merge", pair[0], tmp_path / "grid", "--into", tmp_path / "base3")
    assert f"{CELLS + 9} of {CELLS + 9} cells from 2 folders" in output
    whole = SUITE.replace("sobol", "sobol, grid").replace("base", "base3")
    (tmp_path / "whole.yaml").write_text(whole)
    told = finish("run", tmp_path / "whole.yaml", "--results", tmp_path, "--no-report")
    assert "ran 0 cells" in told
    found = hpobench.load(tmp_path / "base3")
    assert set(found.standings(repetitions=50)["algorithm"]) >= {"grid + fifo", "sobol + asha"}
    assert found.missing == []


def test_the_report_of_a_union_that_is_no_grid(pair: list[Path], tmp_path: Path) -> None:
    merge(pair, tmp_path / "x")
    assert hpobench.report(tmp_path / "x").exists()
    plan = hpobench.plan(hpobench.load(tmp_path / "x").suite)
    assert len(plan.cells) > len(hpobench.load(tmp_path / "x").cells)
    assert hpobench.verify(tmp_path / "x", 5, cpus=1).ok


def test_a_cell_with_other_bytes_is_named_not_written(pair: list[Path], tmp_path: Path) -> None:
    cell = common(*pair)[0]

    def change(stored: Stored) -> None:
        stored.events[1]["loss"] += 1e-9

    alter(pair[1], cell, change)
    output = finish("merge", *pair, "--into", tmp_path / "x", code=2)
    assert f"{cell}: loss in row 1 of events: " in output
    assert f"in {pair[0]}, " in output
    assert output.count(" of events: ") == 1
    assert not (tmp_path / "x").exists()


def test_measured_times_and_limits_are_no_other_bytes(pair: list[Path], tmp_path: Path) -> None:
    first, second = common(*pair)[:2]

    def slow(stored: Stored) -> None:
        stored.trials[0]["suggest_s"] += 1
        stored.row["harness_s"] += 1

    alter(pair[0], first, slow)
    for folder, kept in zip(pair, (2, 3), strict=True):

        def late(stored: Stored, kept: int = kept) -> None:
            stored.events[kept:] = []
            stored.row.update(status="timeout", error="late", results=kept)

        alter(folder, second, late)
    merge(pair, tmp_path / "x")
    alter(pair[0], first, lambda stored: stored.row.update(status="failed", error="no"))
    with pytest.raises(UsageError, match=rf"{first}: status in row 0 of cells: '(done|failed)'"):
        merge(pair, tmp_path / "y")


def test_what_does_not_go_together(pair: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two or more different results folders"):
        merge([pair[0], pair[0]], tmp_path / "x")
    with pytest.raises(UsageError, match="need a folder to merge into: --into"):
        merge(pair)
    with pytest.raises(UsageError, match="holds results already"):
        merge(pair, pair[0])
    other = run_suite(SUITE.replace("evaluations: 4", "evaluations: 5"), tmp_path / "other")
    with pytest.raises(UsageError, match="problems: 'branin' is not the same: 'budget' is"):
        merge([pair[0], other], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_problem_with_other_losses_is_refused(pair: list[Path], tmp_path: Path) -> None:
    rows = index.load_problems(pair[1])
    table = index.read_problems(pair[1] / index.PROBLEMS)
    losses = '{"losses": [1.0], "tolerance": 0.0}'
    rows = [row | ({"signature": losses} if row["problem"] == "branin" else {}) for row in rows]
    index.write_table(pair[1] / index.PROBLEMS, table.from_pylist(rows, schema=table.schema))
    with pytest.raises(UsageError, match="the problem branin is not the same: probe 1 had loss"):
        merge(pair, tmp_path / "x")

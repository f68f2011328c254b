"""``verify --sample``: stored cells run again, and what was altered is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import hpobench
from hpobench.store.format import index
from hpobench.store.prove.damage import find_damage
from tests.ray.faults.commands import finish
from tests.support.altered import Stored, alter
from tests.support.night import some
from tests.support.stored_results import run_suite
from tests.support.tiny_plugins import HILL

SUITE = """{
name: checked, searchers: [random, {hill: {reach: 0.2}}], schedulers: [fifo, asha],
problems: [branin, {mf-hartmann: {dimension: 3, quality: good}}], seeds: 2, workers: [1, 4],
budget: {evaluations: 4}, plugins: [plugin/hill.py]
}"""
CELLS = 2 * (1 + 2) * 2 * 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the suite, with its plugin."""
    folder = tmp_path_factory.mktemp("verify") / "checked"
    (folder / "plugin").mkdir(parents=True)
    (folder / "plugin" / "hill.py").write_text(HILL)
    return run_suite(SUITE, folder)


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "checked")


def verified(folder: Path, cells: int = CELLS, **options: object) -> hpobench.Verification:
    return hpobench.verify(folder, cells, plugins=[folder / "plugin"], cpus=2, **options)  # type: ignore[arg-type]


def first_cell(folder: Path, prefix: str = "random-asha") -> str:
    cells: list[str] = index.load_cells(folder, ("cell",))["cell"].to_pylist()
    return min(cell for cell in cells if cell.startswith(prefix))


def test_all_cells_give_the_same_bytes_and_nothing_is_written(folder: Path) -> None:
    def state() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in folder.rglob("*.parquet")}

    before = state()
    found = verified(folder)
    assert (found.ok, len(found.same), found.cells) == (True, CELLS, CELLS)
    assert (found.left_out, found.different, found.unfinished) == ({}, {}, {})
    assert (found.detection(0.05), found.fewest_detected) == (1.0, 1)
    assert state() == before


def test_a_seed_draws_the_same_cells_again(folder: Path) -> None:
    one, again, other = (verified(folder, 6, seed=seed).same for seed in (1, 1, 2))
    assert one == again != other
    assert len(set(one)) == 6


def test_the_command_says_how_much_it_would_have_found(folder: Path) -> None:
    options = ("--sample", 12, "--seed", 3, "--plugin", folder / "plugin", "--cpus", 2)
    output = finish("verify", folder, *options)
    assert "all 12 cells gave the same bytes\nif 5 % of the 24 cells that can run again" in output
    assert "had been altered (1), this would have shown it with a probability of 50 %" in output
    assert "with 95 % confidence fewer than 4 of them (16.7 %) are altered" in output
    assert "12 of 24 cells drawn with --seed 3" in output
    content = json.loads(finish("verify", folder, *options, "--json"))["sample"]
    assert (content["detection_of_5_percent"], content["fewest_detected"]) == (0.5, 4)
    assert len(content["same"]) == 12


def altered_loss(stored: Stored) -> None:
    stored.events[2]["loss"] -= 1e-12


def altered_budget(stored: Stored) -> None:
    stored.row["spec"] = stored.row["spec"].replace('"evaluations":4', '"evaluations":5')


def forgotten_trial(stored: Stored) -> None:
    del stored.events[-1]
    stored.row["results"] -= 1


@pytest.mark.parametrize(
    ("change", "place"),
    some(
        [
            (altered_loss, "loss in row 2 of events"),
            (
                lambda stored: stored.trials[1].update(config='{"x": 0.5}'),
                "config in row 1 of trials",
            ),
            (lambda stored: stored.row.update(clock=0.25), "clock in row 0 of cells"),
            (altered_budget, "budget of spec in row 0 of cells"),
            (forgotten_trial, "the number of events"),
        ],
        2,
    ),
)
def test_altered_cells_named(folder: Path, change: Callable[[Stored], None], place: str) -> None:
    cell = first_cell(folder)
    alter(folder, cell, change)
    assert find_damage(folder) == []
    found = verified(folder)
    assert not found.ok
    assert [*found.different] == [cell]
    assert str(found.different[cell].difference) == place
    assert found.different[cell].changed == ()
    assert len(found.same) == CELLS - 1


def test_another_version_is_named_beside_a_difference(folder: Path) -> None:
    cell = first_cell(folder)

    def change(stored: Stored) -> None:
        origin = json.loads(stored.row["provenance"])
        origin["versions"]["scipy"] = "0.1"
        origin["library"] = {"name": "tpe", "version": "4.8.0"}
        stored.row["provenance"] = json.dumps(origin)
        stored.row["spec"] = stored.row["spec"].replace('"source":"', '"source":"0', 1)

    alter(folder, cell, change)
    assert verified(folder).ok
    alter(folder, cell, altered_loss)
    options = ("--sample", CELLS, "--plugin", folder / "plugin", "--cpus", 2)
    output = finish("verify", folder, *options, code=1)
    assert f"1 of {CELLS} cells gave other bytes" in output
    assert f"{cell}: loss in row 2 of events: " in output
    assert "a likely reason: scipy 0.1 then, " in output
    assert "tpe" not in output


def test_cells_that_never_repeat_are_left_out(folder: Path) -> None:
    live, late = first_cell(folder), first_cell(folder, "hill-asha")
    alter(folder, live, lambda stored: stored.row.update(stage="live"))
    alter(folder, late, lambda stored: stored.row.update(status="timeout", error="late"))
    found = verified(folder)
    assert (found.ok, found.cells) == (True, CELLS - 2)
    assert sorted(found.left_out.values()) == [1, 1]
    assert {reason.partition(":")[0] for reason in found.left_out} == {"live", "failed or given up"}


def test_a_plugin_that_is_not_here_costs_its_own_cells(whole: Path, folder: Path) -> None:
    output = finish("verify", folder, "--sample", 6, "--cpus", 2)
    assert "all 6 cells gave the same bytes" in output
    assert "6 of 12 cells drawn with --seed 0" in output
    assert "left out: 12 cells: unknown searcher 'hill'" in output
    assert f'the results were made with --plugin "{whole}/plugin/hill.py"' in output


def test_a_store_brings_no_code_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (folder / index.SUITE).read_text().rpartition("\n#")[0]
    index.write_suite(folder / index.SUITE, f"{text}\nplugins: [plugin/hill.py]\n")
    monkeypatch.chdir(folder)
    found = hpobench.verify(folder, 2, cpus=1)
    assert (found.ok, found.cells) == (True, CELLS // 2)


def test_a_cell_that_fails_now_is_a_difference(folder: Path) -> None:
    file = folder / "plugin" / "hill.py"
    file.write_text(HILL.replace("def ask(self, trial):", "def ask(self, trial):\n        1 / 0"))
    found = verified(folder)
    assert (len(found.same), len(found.different)) == (CELLS // 2, CELLS // 2)
    one = found.different[first_cell(folder, "hill")]
    assert "ZeroDivisionError" in str(one.error)
    assert "the searcher's file is another now" in one.changed


def test_without_any_cell_to_run_there_is_no_answer(folder: Path) -> None:
    found = verified(folder, 2, timeout=1e-6)
    assert (found.ok, found.compared, len(found.unfinished)) == (False, 0, 2)
    assert found.fewest_detected is None
    options = ("--sample", 2, "--timeout", 1e-6, "--cpus", 1)
    assert "none of the 2 cells could be run again" in finish("verify", folder, *options, code=1)
    with pytest.raises(hpobench.UsageError, match="cells must be at least 1, not 0"):
        verified(folder, 0)
    (file := next(folder.glob("events-*"))).write_bytes(file.read_bytes()[:-1])
    with pytest.raises(hpobench.StoreError, match=f"{file.name}: its content is not what"):
        verified(folder)
    assert "costs 24 cells" in finish("verify", folder, "--sample", 2, code=1)


def test_options_that_do_not_go_together(folder: Path) -> None:
    assert "are for --sample" in finish("verify", folder, "--seed", 1, code=2)
    assert "run --repair alone" in finish("verify", folder, "--sample", 1, "--repair", code=2)

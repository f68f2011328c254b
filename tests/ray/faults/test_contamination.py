"""What a plugin does to its process reaches no cell of another plugin."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hpobench.contract.cell import Cell
from hpobench.running.cells.run_cell import run_cell
from hpobench.store.read.reader import load_results
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.ray.faults.commands import finish
from tests.ray.faults.offenders import KINDS
from tests.support.night import night, some

FILE = Path(__file__).with_name("offenders.py")
INNOCENT = ("random", "sobol", "optuna-tpe")
LASTING = {"seeding thread", "drawing thread", "patching thread"}
"""Threads go on, and nothing ends them but the process."""
HERE = {"start method", "modules", "atexit", "output", "errors", "nice", "umask", "environment"}
HERE |= {"temporary", "garbage", "logging", "switching", "path", "descriptors"}
"""Kinds that are not put back, and would spoil the process of the tests, though no result."""


def suite(folder: Path, searchers: Sequence[Any]) -> Path:
    shutil.copy(FILE, folder)  # suites name files beside or below them
    (file := folder / "suite.yaml").write_text(
        json.dumps(
            {
                "name": "beside",
                "searchers": list(searchers),
                "schedulers": ["fifo", "asha"],
                "problems": ["branin", {"mf-hartmann": {"dimension": 3, "quality": "good"}}],
                "seeds": 1,
                "workers": 2,
                "budget": {"evaluations": 6},
                "plugins": [FILE.name],
            }
        )
    )
    return file


def offender(kind: str) -> dict[str, str]:
    return {"name": "offender", "as": kind.replace(" ", "-"), "kind": kind}


def innocent_events(folder: Path) -> pd.DataFrame:
    stored = load_results(folder / "beside")
    assert set(stored.cells[stored.cells["searcher"].isin(INNOCENT)]["status"]) == {"done"}
    names = stored.cells[stored.cells["searcher"].isin(INNOCENT)]["cell"]
    events: pd.DataFrame = stored.events[stored.events["cell"].isin(names)]
    return events.sort_values(["cell", "clock", "trial", "step"]).reset_index(drop=True)


@night  # by day the next cell of the same process is looked at
def test_no_kind_of_misbehaviour_changes_innocent_cells(tmp_path: Path) -> None:
    (alone := tmp_path / "alone").mkdir()
    (beside := tmp_path / "beside").mkdir()
    options = ("--results", alone, "--cpus", 2, "--no-report", "--timeout", 20)
    finish("run", suite(alone, INNOCENT), *options)
    # The offenders come first, which is when a shared process would be spoilt.
    searchers = [*map(offender, KINDS), *INNOCENT]
    run = ("run", suite(beside, searchers), "--results", beside, "--cpus", 2, "--no-report")
    assert "missing" not in finish(*run, "--timeout", 20, code=1)  # some of the offenders fail
    kept = innocent_events(alone)
    assert len(kept) > 100
    pd.testing.assert_frame_equal(innocent_events(beside), kept, check_categorical=False)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Cell]]:
    """Cells by the label of their searcher."""
    folder = tmp_path_factory.mktemp("planned")
    found: dict[str, list[Cell]] = defaultdict(list)
    for cell in build_plan(load_suite(suite(folder, ["random", *map(offender, KINDS)]))).cells:
        found[cell.searcher.label].append(cell)
    return found


def histories(cells: list[Cell]) -> list[Any]:
    return [run_cell(cell, None, 20.0).events for cell in cells]


@pytest.fixture(scope="module")
def expected(cells: dict[str, list[Cell]]) -> list[Any]:
    return histories(cells["random"])


@pytest.mark.parametrize("kind", some(sorted(KINDS.keys() - LASTING - HERE), 20))
def test_the_next_cell_of_the_same_process_is_not_changed_either(
    kind: str, cells: dict[str, list[Cell]], expected: list[Any]
) -> None:
    histories(cells[offender(kind)["as"]])
    assert histories(cells["random"]) == expected

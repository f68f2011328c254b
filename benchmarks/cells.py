"""Cells planned from a suite and run in this process, without Ray's workers and the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpobench.contract.cell import Cell
from hpobench.running.cells.run_cell import run_cell
from hpobench.store.write.batch import Outcome
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite


def plan(
    folder: Path, suite: Mapping[str, Any], plugins: Mapping[str, str] | None = None
) -> list[Cell]:
    """The cells of ``suite``, whose file is written to ``folder`` beside its ``plugins``, a
    plugin file's text by its name."""
    for name, text in (plugins or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    file = folder / "suite.yaml"
    whole = {"name": "planned", "schedulers": ["fifo"], "plugins": list(plugins or ()), **suite}
    file.write_text(json.dumps(whole), encoding="utf-8")  # JSON is YAML
    return list(build_plan(load_suite(file)).cells)


def run(cell: Cell) -> Outcome:
    """The outcome of ``cell``, which must not fail."""
    outcome = run_cell(cell, None)
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    return outcome


def configs(outcome: Outcome) -> list[dict[str, Any]]:
    """The configurations in the order of asking."""
    return [json.loads(text) for text in outcome.trials["config"].to_pylist()]


def column(outcome: Outcome, name: str) -> list[Any]:
    """A column of the events, in the order in which they happened."""
    return list(outcome.events[name].to_pylist())

"""The shipped problems pass the checks of problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.bridges.imports.importing import import_trials, with_twin
from hpobench.bridges.imports.trials import Asked
from hpobench.plugins.registry import Registry
from hpobench.recording.table import write_table
from hpobench.testing.conformance import checks_of
from hpobench.testing.plugin_check import judge
from tests import ROOT
from tests.support.imported_trials import configs, curve

LR = {"lr": {"float": [1e-4, 1.0], "log": True}}
PROGRAM = 'read task; for _ in 1 2 3; do echo "{\\"loss\\": 0.5}"; done'
OPTIONS: dict[str, Any] = {
    "command": {"run": ["sh", "-c", PROGRAM], "space": LR, "steps": 3},
    "sklearn": {
        "estimator": "sklearn.linear_model.SGDClassifier",
        "space": {"alpha": {"float": [1e-4, 1.0], "log": True}},
    },
    "trainable": {
        "run": "examples/trainable/mine.py:train",
        "space": LR,
        "steps": 9,
        "fixed": {"epochs": 9, "l2": 0.01, "batch": 30},
    },
}
"""Of those that are nothing without; others are their family's first member."""
IMPORTED: dict[str, Any] = {
    "recorded": {"table": "mine.parquet", "cost": "wall"},
    "twin": {"table": "mine.parquet"},
}
"""Of those that are nothing without a table of the user's."""
ENTRIES = {entry.name: entry for entry in Registry().entries("problem")}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table ``mine.parquet`` of trials that were imported."""
    folder = tmp_path_factory.mktemp("imported")
    rows = [",".join(map(str, [*c.values(), *[*curve(c)][-1:]])) for c in configs(60)]
    (folder / "mine.csv").write_text("\n".join(["lr,depth,kind,loss", *rows, ""]))
    made = import_trials(str(folder / "mine.csv"), Asked(metric="loss", mode="min"))
    write_table(folder / "mine.parquet", with_twin(made, force=False).table)
    return folder


@pytest.mark.parametrize("name", ENTRIES)
def test_conforms(name: str, imported: Path) -> None:
    entry, options = ENTRIES[name], OPTIONS.get(name, {})
    folder = ROOT
    if name in IMPORTED:
        folder, options = imported, IMPORTED[name]
    if (reason := entry.missing()) is not None:
        pytest.skip(reason)
    results = {c.name: judge(c, 120) for c in checks_of(entry, options, folder)}
    assert {n: r.text for n, r in results.items() if r.status == "failed"} == {}
    assert results["space"].status == "ok"

"""Experiments that Ray Tune ran become problems, on which searchers race on the virtual clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import ray

from hpobench.bridges.imports.importing import import_trials
from hpobench.bridges.imports.trials import Asked
from hpobench.store.read.reader import load_results
from tests import ROOT
from tests.support.command_line import python
from tests.support.imported_trials import SPACE, STEPS, configs, curve

TRIALS = 24


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray")
    code = (
        "import ray\nfrom pathlib import Path\n"
        "from tests.support.imported_trials import ray_experiment\n"
        "ray.init('local', num_cpus=2, include_dashboard=False, log_to_driver=False)\n"
        f"ray_experiment(Path({str(folder)!r}), {TRIALS})\n"
    )
    python("-c", code, cwd=ROOT)
    assert not ray.is_initialized()
    return folder / "mine"


def test_an_experiment_holds_what_was_trained(experiment: Path) -> None:
    made = import_trials(str(experiment), Asked(mode="min"))
    by_config = {tuple(c.values()): list(curve(c)) for c in configs(TRIALS)}
    assert made.space.names == [f"point.{name}" for name in ("depth", "kind", "lr")]
    assert len(made.table.configs) == TRIALS
    for config, losses in zip(made.table.configs, made.table.curves["loss"], strict=True):
        key = tuple(config[f"point.{name}"] for name in SPACE.names)
        assert losses.tolist() == by_config[key]
    assert (made.table.curves["wall"] > 0).all()
    assert made.fidelity.steps == STEPS


def test_searchers_race_on_it(
    experiment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ("problems", "import", experiment, "--mode", "min", "--out", "mine.parquet")
    says(*command, "--surrogate", "--force", "--suite", "race.yaml")
    run = ("-m", "hpobench", "run", "race.yaml", "--cpus", "2", "--seeds", "1")
    python(*run, "--results", tmp_path / "results", "--only", "random/*")
    assert load_results(tmp_path / "results" / "mine").cells["status"].tolist() == ["done"] * 4
    page = (tmp_path / "results" / "mine" / "report" / "index.html").read_text()
    assert f"a model of {TRIALS} trials of mine: rank correlation" in page

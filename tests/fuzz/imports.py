"""Storages of other tools: damaged files, and trials that are not what they should be."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tests.fuzz.bytes import damaged, reshaped
from tests.fuzz.frame import Command
from tests.support.imported_trials import (
    configs,
    curve,
    mlflow_experiment,
    optuna_journal,
    optuna_study,
)

TRIALS = 8
_MODE = ("--metric", "loss", "--mode", "min")
STORAGES: dict[str, Sequence[str]] = {
    "optuna.db": (),
    "optuna.log": (),
    "mlflow.db": _MODE,
    "mlruns": _MODE,
    "ray": _MODE,
    "rows.csv": (*_MODE, "--step", "epoch"),
    "rows.parquet": (*_MODE, "--step", "epoch"),
}
"""Each with the options that import it when it is whole."""


class Imports:
    """Storages given to ``problems import``, of each tool."""

    name = "imports"

    def prepare(self, folder: Path) -> None:
        optuna_study(f"sqlite:///{folder / 'optuna.db'}", TRIALS)
        optuna_journal(folder / "optuna.log", TRIALS)
        mlflow_experiment(f"sqlite:///{folder / 'mlflow.db'}", TRIALS)
        mlflow_experiment(str(folder / "mlruns"), TRIALS)
        rows = [
            {**config, "epoch": step, "loss": loss}
            for config in configs(TRIALS)
            for step, loss in enumerate(curve(config), 1)
        ]
        pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
        pd.DataFrame(rows).to_parquet(folder / "rows.parquet")
        for i, config in enumerate(configs(TRIALS)):
            _ray_trial(folder / "ray" / f"trial_{i}", config)

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        name = rng.choice(sorted(STORAGES))
        source, target = origin / name, folder / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
        files = sorted(p for p in target.rglob("*") if p.is_file() and p.stat().st_size)
        for file in rng.sample(files, rng.randint(1, 3)) if files else [target]:
            file.write_bytes(_changed(rng, file))
        return [["problems", "import", name, *STORAGES[name], "--out", "made.parquet"]]


def _changed(rng: random.Random, file: Path) -> bytes:
    """The content of ``file``, with damage, or with another value in a line of JSON."""
    data = file.read_bytes()
    if file.suffix not in (".json", ".log") or rng.random() < 0.3:
        return damaged(rng, data)
    lines = data.decode().split("\n") if file.name != "params.json" else [data.decode()]
    at = rng.randrange(len(lines))
    if lines[at]:
        lines[at] = json.dumps(reshaped(rng, json.loads(lines[at])))
    return "\n".join(lines).encode()


def _ray_trial(folder: Path, config: object) -> None:
    folder.mkdir(parents=True)
    (folder / "params.json").write_text(json.dumps(config), encoding="utf-8")
    rows = [
        {"loss": loss, "training_iteration": step, "time_total_s": 0.5 * step}
        for step, loss in enumerate(curve(config), 1)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "result.json").write_text(text, encoding="utf-8")

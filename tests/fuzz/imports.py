"""Storages of other tools, given to ``problems import``: damaged files, and trials that are not
what they should be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from hypothesis.strategies import integers, lists, sampled_from

from tests.fuzz.commands import Command
from tests.fuzz.values import Draw, damaged, now_and_then, reshaped
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


def prepare(folder: Path) -> None:
    optuna_study(f"sqlite:///{folder / 'optuna.db'}", TRIALS)
    optuna_journal(folder / "optuna.log", TRIALS)
    mlflow_experiment(f"sqlite:///{folder / 'mlflow.db'}", TRIALS)
    mlflow_experiment(str(folder / "mlruns"), TRIALS)
    rows = []
    for number, config in enumerate(configs(TRIALS)):
        losses = list(enumerate(curve(config), 1))
        rows += [{**config, "epoch": step, "loss": loss} for step, loss in losses]
        (trial := folder / "ray" / f"trial_{number}").mkdir(parents=True)
        (trial / "params.json").write_text(json.dumps(config))
        results = [
            json.dumps({"loss": loss, "training_iteration": step, "time_total_s": 0.5 * step})
            for step, loss in losses
        ]
        (trial / "result.json").write_text("\n".join([*results, ""]))
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    pd.DataFrame(rows).to_parquet(folder / "rows.parquet")


def mutate(draw: Draw, origin: Path, folder: Path) -> Sequence[Command]:
    name = draw(sampled_from(sorted(STORAGES)))
    source, target = origin / name, folder / name
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    files = sorted(p for p in target.rglob("*") if p.is_file() and p.stat().st_size) or [target]
    for file in draw(lists(sampled_from(files), min_size=1, max_size=3, unique=True)):
        file.write_bytes(_changed(draw, file))
    return [["problems", "import", name, *STORAGES[name], "--out", "made.parquet"]]


def _changed(draw: Draw, file: Path) -> bytes:
    """The content of ``file``, with damage, or with another value in a line of JSON."""
    data = file.read_bytes()
    if file.suffix not in (".json", ".log") or now_and_then(draw, 3):
        return damaged(draw, data)
    lines = data.decode().split("\n") if file.name != "params.json" else [data.decode()]
    at = draw(integers(0, len(lines) - 1))
    if lines[at]:
        lines[at] = json.dumps(reshaped(draw, json.loads(lines[at])))
    return "\n".join(lines).encode()

"""The same trials as Optuna, MLflow and Ray Tune keep them, each written by the tool itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from hpobench.api import Categorical, Config, Float, Int, Space

SPACE = Space(
    [Float("lr", 1e-4, 1.0, log=True), Int("depth", 1, 8), Categorical("kind", ("a", "b"))]
)
STEPS = 5


def configs(trials: int) -> list[Config]:
    rng = Random(0)
    return [SPACE.sample(rng) for _ in range(trials)]


def curve(config: Any) -> Iterator[float]:
    """The losses of a trial, of which every tool gets the same."""
    distance = (SPACE["lr"].to_unit(config["lr"]) - 0.6) ** 2 + (config["depth"] - 5) ** 2 / 50
    for step in range(1, STEPS + 1):
        yield distance + (0.1 if config["kind"] == "b" else 0.0) + 1 / step


def optuna_study(storage: Any, trials: int, name: str = "mine") -> Any:
    """A study in ``storage``, an address or a storage of Optuna's."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=storage, study_name=name)
    for config in configs(trials):
        study.enqueue_trial(config)

    def objective(trial: Any) -> float:
        config = {
            "lr": trial.suggest_float("lr", 1e-4, 1.0, log=True),
            "depth": trial.suggest_int("depth", 1, 8),
            "kind": trial.suggest_categorical("kind", ["a", "b"]),
        }
        for step, loss in enumerate(curve(config), 1):
            trial.report(loss, step)
        return loss

    study.optimize(objective, trials)
    return study


def optuna_journal(file: Path, trials: int, name: str = "mine") -> None:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna_study(JournalStorage(JournalFileBackend(str(file))), trials, name)


def mlflow_experiment(uri: str, trials: int, name: str = "mine") -> None:
    """An experiment at ``uri``, which may be a folder of files."""
    from hpobench.running.tracking.tracker import client

    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    try:
        connection = client(uri, "a test")
        experiment = connection.create_experiment(name)
        for config in configs(trials):
            run = connection.create_run(experiment).info.run_id
            for key, value in config.items():
                connection.log_param(run, key, value)
            for step, loss in enumerate(curve(config), 1):
                connection.log_metric(run, "loss", loss, step=step)
            connection.set_terminated(run)
    finally:
        del os.environ["MLFLOW_ALLOW_FILE_STORE"]


def _train(config: Any) -> None:
    from ray import tune

    for loss in curve(config["point"]):
        tune.report({"loss": loss})


def ray_experiment(folder: Path, trials: int, name: str = "mine") -> Path:
    """The folder of an experiment, in a Ray that runs already."""
    from ray import tune

    tuner = tune.Tuner(
        _train,
        param_space={"point": tune.grid_search(configs(trials))},
        tune_config=tune.TuneConfig(reuse_actors=True),
        run_config=tune.RunConfig(name=name, storage_path=str(folder), verbose=0),
    )
    tuner.fit()
    return folder / name

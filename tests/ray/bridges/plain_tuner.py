"""A Tuner that is killed and restored: ``python plain_tuner.py FOLDER`` runs it or goes on."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from ray import tune

import hpobench
from tests.support.ray_session import local_ray

POINTS = [{"x": 0.5, "n": 7}, {"x": -0.75, "n": 2}]


def slow(config: dict[str, Any]) -> dict[str, float]:
    time.sleep(0.2)
    return {"loss": config["x"] ** 2 + config["n"]}


def main(folder: Path) -> None:
    with local_ray(1):
        fit(folder)


def fit(folder: Path) -> None:
    if tune.Tuner.can_restore(str(folder / "run")):
        print("restored")
        tuner = tune.Tuner.restore(str(folder / "run"), slow, resume_errored=True)
    else:
        tuner = tune.Tuner(
            slow,
            param_space={"x": tune.uniform(-1, 1), "n": tune.randint(0, 9)},
            tune_config=tune.TuneConfig(
                search_alg=hpobench.searcher(
                    "optuna-tpe", seed=4, n_startup_trials=3, points_to_evaluate=POINTS
                ),
                num_samples=12,
                max_concurrent_trials=1,
                reuse_actors=True,  # a process for each trial would take seconds
                metric="loss",
                mode="min",
            ),
            run_config=tune.RunConfig(storage_path=str(folder), name="run", verbose=0),
        )
    assert len(tuner.fit()) == 12


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

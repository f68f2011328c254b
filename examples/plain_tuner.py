"""Tune one function with seven libraries' searchers in one process, each in a plain ``tune.Tuner``.

    python examples/plain_tuner.py [FOLDER]

Ray's results go to FOLDER, by default ``~/ray_results``. Libraries that cannot be installed beside
each other have environments of their own, which ``uv`` builds on first use.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler, HyperBandForBOHB

import hpobench

SEARCHERS = (
    "hebo",
    "smac-rf",
    "flaml-blendsearch",
    "bohb",
    "hyperopt-tpe",
    "skopt-gp",
    "optuna-tpe",
)
STEPS = 9
PARAM_SPACE = {
    "lr": tune.loguniform(1e-4, 1.0),
    "model": {"layers": tune.randint(1, 5), "activation": tune.choice(["relu", "tanh"])},
    "epochs": STEPS,
}


def train(config: dict[str, Any]) -> None:
    """A made-up learning curve; its best settings are lr = 0.01, three layers and relu."""
    model = config["model"]
    distance = abs(model["layers"] - 3) + (model["activation"] != "relu")
    for epoch in range(1, config["epochs"] + 1):
        tune.report({"loss": (config["lr"] / 0.01 - 1) ** 2 / 100 + distance + 1 / epoch})


def fit(name: str, samples: int, folder: str | None) -> tune.ResultGrid:
    if name == "bohb":  # its model learns at the rungs of its own HyperBand
        scheduler: Any = HyperBandForBOHB(max_t=STEPS, reduction_factor=3)
        search = hpobench.searcher(name, seed=0, max_t=STEPS)
    else:
        scheduler = ASHAScheduler(max_t=STEPS, reduction_factor=3)
        search = hpobench.searcher(name, seed=0)
    tuner = tune.Tuner(
        train,
        param_space=PARAM_SPACE,
        tune_config=tune.TuneConfig(
            search_alg=search,
            scheduler=scheduler,
            metric="loss",
            mode="min",
            num_samples=samples,
            reuse_actors=True,  # a process for each trial would take seconds
        ),
        run_config=tune.RunConfig(storage_path=folder, verbose=0),
    )
    return tuner.fit()


def main(folder: str | None = None, samples: int = 12) -> None:
    folder = folder and str(Path(folder).resolve())  # Ray takes absolute paths
    # Two trials at a time. Under `max_concurrent_trials` HyperBand would not stop any.
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    for name in SEARCHERS:
        best = fit(name, samples, folder).get_best_result()
        lr, model = best.config["lr"], best.config["model"]
        print(f"{name:18} loss {best.metrics['loss']:.3f} at lr {lr:.4f}, {model}")


if __name__ == "__main__":
    main(*sys.argv[1:])

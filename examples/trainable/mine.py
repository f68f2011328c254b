"""A function and a class of Ray Tune, which know nothing of hpobench.

    python examples/trainable/mine.py          # tunes the function with Ray alone
    hpobench run examples/trainable/suite.yaml # compares schedulers on both

Both fit a logistic regression to made-up data by gradient descent, a step an epoch.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from ray import tune

EPOCHS = 9


def data() -> tuple[Any, Any, Any, Any]:
    """Features and labels of 300 rows to train with and of 100 to validate with."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 10))
    y = (x @ rng.normal(size=10) + rng.normal(size=400) > 0).astype(float)
    return x[:300], y[:300], x[300:], y[300:]


def epoch(weights: Any, config: dict[str, Any], x: Any, y: Any) -> Any:
    """The weights after one pass over ``x`` in batches of ``config["batch"]`` rows."""
    order, size = np.random.permutation(len(x)), config["batch"]  # noqa: NPY002
    for begin in range(0, len(x), size):
        rows = order[begin : begin + size]
        error = 1 / (1 + np.exp(-x[rows] @ weights)) - y[rows]
        weights = weights - config["lr"] * (x[rows].T @ error / len(rows) + config["l2"] * weights)
    return weights


def scores(weights: Any, x: Any, y: Any) -> dict[str, float]:
    p = np.clip(1 / (1 + np.exp(-x @ weights)), 1e-12, 1 - 1e-12)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return {"loss": float(loss), "accuracy": float(np.mean((p > 0.5) == y))}


def train(config: dict[str, Any]) -> None:
    x, y, x_valid, y_valid = data()
    weights, done = np.zeros(10), 0
    if (checkpoint := tune.get_checkpoint()) is not None:
        with checkpoint.as_directory() as folder:
            saved = np.load(Path(folder, "model.npz"))
            weights, done = saved["weights"], int(saved["done"])
    while done < config["epochs"]:
        weights, done = epoch(weights, config, x, y), done + 1
        with tempfile.TemporaryDirectory() as folder:
            np.savez(Path(folder, "model.npz"), weights=weights, done=done)
            tune.report(
                scores(weights, x_valid, y_valid),
                checkpoint=tune.Checkpoint.from_directory(folder),
            )


class Classifier(tune.Trainable):
    def setup(self, config: dict[str, Any]) -> None:  # noqa: ARG002 - it is self.config too
        self.x, self.y, *self.valid = data()
        self.weights = np.zeros(10)

    def step(self) -> dict[str, float]:
        self.weights = epoch(self.weights, self.config, self.x, self.y)
        return scores(self.weights, *self.valid)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        np.save(Path(checkpoint_dir, "weights.npy"), self.weights)

    def load_checkpoint(self, checkpoint: Any) -> None:
        self.weights = np.load(Path(checkpoint, "weights.npy"))


if __name__ == "__main__":
    space = {
        "lr": tune.loguniform(1e-3, 10.0),
        "l2": tune.loguniform(1e-5, 1.0),
        "batch": tune.choice([10, 30, 100]),
        "epochs": EPOCHS,
    }
    best = tune.TuneConfig(metric="loss", mode="min", num_samples=8)
    print(tune.Tuner(train, param_space=space, tune_config=best).fit().get_best_result().metrics)

"""Trainables of a user's, which know nothing of hpobench."""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from ray import tune


def note(config: dict[str, Any], **line: Any) -> None:
    """Leave a line on a step that is executed, where a test wants to know."""
    if (path := config.get("log")) is not None:
        with Path(path).open("ab", buffering=0) as file:
            file.write(json.dumps({**line, "pid": os.getpid()}).encode() + b"\n")


def train(config: dict[str, Any]) -> None:
    """The loss shrinks by the share ``lr`` a step; every ``every`` steps there is a checkpoint."""
    step, loss = 0, 1.0
    if (checkpoint := tune.get_checkpoint()) is not None:
        with checkpoint.as_directory() as folder:
            step, loss = json.loads(Path(folder, "state.json").read_text())
    while step < config.get("until", 9):
        time.sleep(config.get("pause", 0.0))
        step, loss = step + 1, loss * (1 - config["lr"])
        note(config, step=step, loss=loss)
        if step % config.get("every", 1):
            tune.report({"loss": loss})
            continue
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "state.json").write_text(json.dumps([step, loss]))
            tune.report({"loss": loss}, checkpoint=tune.Checkpoint.from_directory(folder))


class Classy(tune.Trainable):
    """The same as a class. ``until`` ends it."""

    def setup(self, config: dict[str, Any]) -> None:
        self.loss = 1.0

    def step(self) -> dict[str, Any]:
        time.sleep(self.config.get("pause", 0.0))
        self.loss *= 1 - self.config["lr"]
        note(self.config, step=self.training_iteration + 1, loss=self.loss)
        done = self.training_iteration + 1 >= self.config.get("until", 9)
        return {"loss": self.loss, "step": self.training_iteration + 1, "done": done}

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        return {"loss": self.loss}

    def load_checkpoint(self, checkpoint: Any) -> None:
        self.loss = checkpoint["loss"]


class Noisy(tune.Trainable):
    """Draws from global generators, and keeps a folder as its checkpoint."""

    def step(self) -> dict[str, float]:
        return {"loss": random.random() + float(np.random.random())}  # noqa: NPY002

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        Path(checkpoint_dir, "nothing").touch()

    def load_checkpoint(self, checkpoint: Any) -> None:
        assert Path(checkpoint, "nothing").exists()


class Forgetful(tune.Trainable):
    """Saves nothing."""

    def step(self) -> dict[str, float]:
        return {"loss": 1 / (self.training_iteration + 1)}


def nested(config: dict[str, Any]) -> None:
    layers = config["model"]["layers"]
    tune.report({"eval": {"accuracy": layers / 10, "test": layers / 20}, "config/x": 1})
    tune.report({"eval": {"accuracy": np.float32(0.5), "test": 0}, "seed": config.get("seed")})


def raises(config: dict[str, Any]) -> None:
    tune.report({"loss": 1.0})
    raise ValueError("the data is gone")


def leaves(config: dict[str, Any]) -> None:
    raise SystemExit(3)


def silent(config: dict[str, Any]) -> None:
    pass


def once(config: dict[str, Any]) -> dict[str, float]:
    return {"loss": config["lr"]}


def about(config: dict[str, Any]) -> None:
    context = tune.get_context()
    Path("artifact").touch()
    path = Path(context.get_trial_dir(), "artifact")
    told = [context.get_trial_id(), context.get_trial_name(), context.get_experiment_name()]
    resources = context.get_trial_resources().required_resources
    tune.report({"loss": float(path.exists()), "told": told, "cpu": resources["CPU"]})


def stubborn(config: dict[str, Any]) -> None:
    while True:
        try:
            tune.report({"loss": 1.0})
        except BaseException:
            time.sleep(config["lr"])
            return


def with_data(config: dict[str, Any], data: list[float]) -> None:
    for value in data:
        tune.report({"loss": value})


parameters = tune.with_resources(tune.with_parameters(with_data, data=[3.0, 2.0]), {"cpu": 1})


def two_arguments(config: dict[str, Any], other: Any) -> None:
    raise AssertionError


a_number = 7

"""The curves of ``doubles`` as a trainable, for real Ray actors to import."""

from __future__ import annotations

import json
from pathlib import Path

from ray import tune

from tests.tune.doubles import Curves

STEPS = 9


class CurveTrainable(tune.Trainable):
    """The same curves, step by step, in a real Ray actor."""

    def setup(self, config):
        self.number = config.pop("number")
        self.done = 0
        self.losses = Curves(STEPS).curve(config, 1).losses

    def step(self):
        self.done += 1
        return {"loss": self.losses[self.done - 1], "number": self.number}

    def save_checkpoint(self, checkpoint_dir):
        Path(checkpoint_dir, "state.json").write_text(json.dumps(self.done))

    def load_checkpoint(self, checkpoint_dir):
        self.done = json.loads(Path(checkpoint_dir, "state.json").read_text())

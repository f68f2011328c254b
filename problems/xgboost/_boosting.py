"""The training of an XGBoost model, a few boosting rounds a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xgboost
from sklearn.metrics import log_loss, root_mean_squared_error

from hpobench.api import Config, Training
from hpobench.problems.xgboost._data import Data


class Boosting(Training):
    """One booster, which is kept in memory and grows by ``rounds`` rounds a step.

    A step depends only on the trees so far, the parameters, the seed and the number of the round.
    The model is therefore the whole state, and other trainings of the process do not matter.
    """

    def __init__(self, config: Config, seed: int, rounds: int, data: Data, threads: int) -> None:
        self._data, self._rounds = data, rounds
        self._params: dict[str, Any] = {
            **config,
            **objective(data.classes),
            "tree_method": "hist",
            "nthread": threads,
            "seed": seed,
            # Otherwise the generator, which all boosters of a thread share, is seeded only when a
            # booster is made. Trainings that take turns, or continue from a saved model, would
            # then draw other rows.
            "seed_per_iteration": True,
        }
        self._booster = self._build(None)

    def step(self) -> Mapping[str, float]:
        renew_sampler(self._booster)
        done = self._booster.num_boosted_rounds()
        for i in range(done, done + self._rounds):
            self._booster.update(self._data.train, i)
        return {"loss": self._loss(self._data.validation), "heldout": self._loss(self._data.test)}

    def save(self) -> bytes:
        return bytes(self._booster.save_raw("ubj"))

    def load(self, state: bytes) -> None:
        self._booster = self._build(bytearray(state))

    def _build(self, model: bytearray | None) -> xgboost.Booster:
        return xgboost.Booster(self._params, cache=[self._data.train], model_file=model)

    def _loss(self, part: xgboost.DMatrix) -> float:
        target, predicted = part.get_label(), self._booster.predict(part)
        if self._data.classes is None:
            return float(root_mean_squared_error(target, predicted))
        return float(log_loss(target, predicted, labels=range(self._data.classes)))


def objective(classes: int | None) -> dict[str, Any]:
    """XGBoost's options for its objective: the squared error, or the log loss of the classes."""
    if classes is None:
        return {"objective": "reg:squarederror"}
    if classes == 2:
        return {"objective": "binary:logistic"}
    return {"objective": "multi:softprob", "num_class": classes}


def renew_sampler(booster: xgboost.Booster) -> None:
    """Make ``booster`` draw its columns anew from the next round's seed.

    A tree builder keeps the generator that draws columns from its first round on, and no model file
    contains it (https://github.com/dmlc/xgboost/issues/6711). Changing the kind of builder and
    back replaces the generator but keeps the cached predictions. ``Booster.reset`` would also
    replace it, but would drop these predictions, and training would take two to three times as
    long.
    """
    for method in ("approx", "hist"):
        booster.set_param({"tree_method": method})
        booster.save_config()  # makes the booster apply its new parameters

"""Syne Tune's searchers propose what its own ask-and-tell loop proposes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from hpobench.api import Float, Int, Space
from tests.env.algorithms.own_loop import PLAIN, drive, own_loop
from tests.support.night import night

pytestmark = night


OWN_LOOP = """
from syne_tune.config_space import choice, lograndint, loguniform, ordinal, randint, uniform
from syne_tune.optimizer import baselines
from syne_tune.optimizer.schedulers.ask_tell_scheduler import AskTellScheduler

space = {
    "x": uniform(-1, 2),
    "rate": loguniform(1e-5, 1),
    "layers": randint(1, 4),
    "width": lograndint(16, 64),
    "batch": ordinal([8, 16, 32], kind="equal"),
    "kind": choice(["a", "bbb", "cc"]),
}

cls = getattr(baselines, given["cls"])
base = cls(space, metric="loss", random_seed=given["seed"], **given["options"])
scheduler = AskTellScheduler(base)
running, result = [], []
for number in range(given["trials"]):
    trial = scheduler.ask()
    trial.config["width"] = max(16, trial.config["width"])
    result.append(trial.config)
    running.append(trial)
    if len(running) == 2:
        first = running.pop(0)
        if number % 5 == 4:
            base.on_trial_error(first)
        else:
            scheduler.tell(first, {"loss": objective(first.config)})
"""
CASES = [
    pytest.param("syne-tune-kde", "TPE", {"num_min_data_points": 7, "random_fraction": 0.0}, 26),
    pytest.param("syne-tune-bore", "BORE", {}, 11),
    pytest.param("syne-tune-cqr", "CQR", {}, 9),
]


@pytest.mark.parametrize(("name", "cls", "options", "trials"), CASES)
def test_proposes_as_syne_tune(name: str, cls: str, options: dict[str, Any], trials: int) -> None:
    own = own_loop(name, OWN_LOOP, seed=0, cls=cls, options=options, trials=trials)
    assert drive(name, PLAIN, trials, workers=2, failed=range(3, trials, 5), **options) == own


def test_integers_of_the_density_estimates_stay_in_their_range() -> None:
    space = Space([Int("n", 100, 110), Int("m", -9, 9)])
    options: dict[str, Any] = {"num_min_data_points": 3, "random_fraction": 0.0}
    losses = itertools.cycle(map(float, range(7)))
    drive("syne-tune-kde", space, 60, seed=1, loss=lambda _: next(losses), **options)


def test_a_diverged_trial_does_not_stop_the_quantiles() -> None:
    space = Space([Float("x", 0, 1)])
    worst = range(0, 8, 3)
    drive("syne-tune-cqr", space, 9, seed=2, diverged=worst, loss=lambda c: float(c["x"]))

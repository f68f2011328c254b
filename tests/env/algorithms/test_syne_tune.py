"""Syne Tune's searchers propose what its own ask-and-tell loop proposes."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Searcher, Space
from hpobench.contract.errors import CellError
from tests.env.algorithms.own_loop import build, objective, own_loop
from tests.support.night import night

pytestmark = night


SPACE = Space(
    [
        Float("x", -1, 2),
        Float("rate", 1e-5, 1, log=True),
        Int("layers", 1, 4),
        Int("width", 16, 64, log=True),
        Ordinal("batch", (8, 16, 32)),
        Categorical("kind", ("a", "bbb", "cc")),
    ]
)
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


def by_hpobench(searcher: Searcher, trials: int) -> list[Config]:
    """With two trials under way, every fifth of which fails."""
    proposed: list[Config] = []
    for number in range(trials):
        proposed.append(searcher.ask(number))
        if number:
            if number % 5 == 4:
                searcher.failed(number - 1)
            else:
                searcher.tell(number - 1, 1, objective(proposed[number - 1]), final=True)
    return proposed


@pytest.mark.parametrize(("name", "cls", "options", "trials"), CASES)
def test_proposes_what_syne_tune_proposes(
    name: str, cls: str, options: dict[str, Any], trials: int
) -> None:
    own = own_loop(name, OWN_LOOP, seed=0, cls=cls, options=options, trials=trials)
    with closing(build(name, SPACE, 0, **options)) as searcher:
        assert by_hpobench(searcher, trials) == own


def test_integers_of_the_density_estimates_stay_in_their_range() -> None:
    space = Space([Int("n", 100, 110), Int("m", -9, 9)])
    options: dict[str, Any] = {"num_min_data_points": 3, "random_fraction": 0.0}
    with closing(build("syne-tune-kde", space, 1, **options)) as searcher:
        for trial in range(60):
            config = searcher.ask(trial)
            space.check(config)
            searcher.tell(trial, 1, float(trial % 7), final=True)


def test_a_diverged_trial_does_not_stop_the_quantiles() -> None:
    space = Space([Float("x", 0, 1)])
    with closing(build("syne-tune-cqr", space, 2)) as searcher:
        for trial in range(8):
            config = searcher.ask(trial)
            searcher.tell(trial, 1, 1e30 if trial % 3 == 0 else float(config["x"]), final=True)


def test_too_few_points_for_a_density_estimate() -> None:
    with pytest.raises(CellError, match="must be at least the number of parameters, 6, not 2"):
        build("syne-tune-kde", SPACE, 0, num_min_data_points=2)

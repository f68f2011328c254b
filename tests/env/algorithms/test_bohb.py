"""The BOHB searcher proposes what HpBandSter's generator proposes."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from hpobench.api import Config, Fidelity, Searcher
from tests.env.algorithms.own_loop import TUNED, build, objective, own_loop
from tests.support.night import some

FIDELITY = Fidelity("epoch", steps=9)
TRIALS = 60

LOOP = """
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer
from hpbandster.core.dispatcher import Job
from hpbandster.optimizers.config_generators.bohb import BOHB

space = ConfigurationSpace(seed=given["seed"])
kind, momentum = Categorical("kind", ["a", "bb", "ccc"]), Float("momentum", (0, 1))
space.add(
    Float("x", (-5, 10)), Float("rate", (1e-5, 1), log=True), Integer("width", (1, 64), log=True),
    Integer("batch", (0, 2)), kind, momentum,
)
space.add(EqualsCondition(momentum, kind, "a"))
bohb = BOHB(space, **given["options"])
plain = {"kind": str, "batch": lambda index: (8, 16, 32)[index]}
result, picked = [], 0

def learn(config, budget, loss):
    job = Job(None, budget=budget, config=config)
    job.result = None if loss is None else {"loss": loss}
    bohb.new_result(job)

for trial in range(given["trials"]):
    config, info = bohb.get_config(None)
    picked += info["model_based_pick"]
    found = {
        name: plain.get(name, lambda value: value)(config[name])
        for name in given["order"] if name in config
    }
    result.append(found)
    loss = objective(found)
    learn(config, 3, loss if trial % 5 != 4 else None)
    if trial % 3 == 2 and trial % 5 != 4:
        learn(config, 9, 0.9 * loss)
result = [result, picked]
"""


def train(searcher: Searcher, trial: int, first: int, last: int, loss: float) -> None:
    """Tell of the steps from ``first`` on; all but that of ``last`` are as if nothing was good."""
    for step in range(first, last):
        searcher.tell(trial, step, 1e30, final=False)
    searcher.tell(trial, last, loss, final=False)


def by_hpobench(seed: int, **options: Any) -> list[Config]:
    """With a rung at three steps, which two of three trials do not pass; every fifth fails."""
    proposed = []
    with contextlib.closing(build("bohb", TUNED, seed, FIDELITY, **options)) as searcher:
        for trial in range(TRIALS):
            config = searcher.ask(trial)
            TUNED.check(config)
            proposed.append(config)
            loss = objective(config)
            if trial % 5 == 4:
                searcher.tell(trial, 1, 1e30, final=False)
                searcher.failed(trial)
                continue
            train(searcher, trial, 1, 3, loss)
            # The last trial to reach a rung goes on at once if it is among the best.
            if trial % 6 != 5:
                searcher.paused(trial)
            if trial % 3 != 2:
                searcher.tell(trial, 3, loss, final=True)
                continue
            searcher.resumed(trial)
            train(searcher, trial, 3, 8, 1e30)
            searcher.tell(trial, 9, 0.9 * loss, final=True)
    return proposed


MORE = {"min_points_in_model": 8, "top_n_percent": 40, "num_samples": 5, "random_fraction": 0.1}


@pytest.mark.parametrize(
    "options",
    some(
        [
            {
                "min_points_in_model": 8,
                "top_n_percent": 40,
                "num_samples": 5,
                "random_fraction": 0.1,
            },
            {},
        ],
        1,
    ),
)
def test_proposes_what_hpbandster_proposes(options: dict[str, Any]) -> None:
    given = {"order": TUNED.names, "trials": TRIALS, "options": options}
    theirs, picked = own_loop("bohb", LOOP, seed=0, **given)
    # Of a generator that swallows its errors and goes on at random.
    assert picked > TRIALS / 3
    assert by_hpobench(0, **options) == theirs


def test_seed_0_is_a_seed() -> None:
    assert by_hpobench(1) != by_hpobench(0)

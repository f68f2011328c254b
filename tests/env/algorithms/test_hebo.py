"""The HEBO searcher proposes what HEBO's own loop tries."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Space
from hpobench.contract.errors import CellError
from tests.env.algorithms.own_loop import build, objective, own_loop
from tests.support.night import night

pytestmark = night


SPACE = Space(
    [
        Categorical("kind", ("a", "bb", "ccc")),
        Float("rate", 1e-5, 1, log=True),
        Categorical("flag", (True, False)),
        Int("width", 1, 64, log=True),
    ]
)

LOOP = """
import numpy as np
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

space = DesignSpace().parse([
    {"name": "kind", "type": "cat", "categories": ["a", "bb", "ccc"]},
    {"name": "rate", "type": "pow", "lb": 1e-5, "ub": 1},
    {"name": "flag", "type": "bool"},
    {"name": "width", "type": "pow_int", "lb": 1, "ub": 64},
])
optimizer = HEBO(space, rand_sample=given["rand_sample"], scramble_seed=given["seed"])
result = []

for trial in range(given["trials"]):
    suggested = optimizer.suggest()
    config = {name: suggested[name].item() for name in ("kind", "rate", "flag", "width")}
    result.append(config)
    loss = np.nan if trial == 1 else objective(config)
    optimizer.observe(suggested, np.array([[loss]]))
"""


def by_hpobench(seed: int, trials: int, **options: Any) -> list[Config]:
    proposed = []
    with contextlib.closing(build("hebo", SPACE, seed, **options)) as searcher:
        for trial in range(trials):
            config = searcher.ask(trial)
            SPACE.check(config)
            proposed.append(config)
            if trial == 1:
                searcher.failed(trial)
            else:
                searcher.tell(trial, 1, objective(config), final=True)
    return proposed


def test_proposes_what_hebo_tries() -> None:
    # Sobol' points up to the third loss, that of the fourth trial.
    theirs = own_loop("hebo", LOOP, seed=0, trials=6, rand_sample=3)
    ours = by_hpobench(0, 6, rand_sample=3)
    assert json.dumps(ours) == json.dumps(theirs)


def test_seed_0_is_a_seed() -> None:
    first = by_hpobench(0, 3)
    assert by_hpobench(0, 3) == first
    assert by_hpobench(1, 3) != first


def test_choices_keep_their_types_and_bounds_are_reached() -> None:
    space = Space(
        [
            Int("n", 1, 2),
            Int("width", 1, 4, log=True),
            Ordinal("batch", (8, 16, 32)),
            Ordinal("switch", (False, True)),
            Ordinal("only", ("one",)),
            Categorical("flag", (True, 1, 0)),
            # Not its own value in single precision, which is larger.
            Float("x", 0, 0.1),
        ]
    )
    seen: dict[str, set[str]] = {name: set() for name in space.names}
    with contextlib.closing(build("hebo", space, 0)) as searcher:
        for trial in range(100):
            config = searcher.ask(trial)
            space.check(config)
            for name, value in config.items():
                seen[name].add(json.dumps(value))
    assert seen["n"] == {"1", "2"}
    assert seen["width"] == {"1", "2", "3", "4"}
    assert seen["batch"] == {"8", "16", "32"}
    assert seen["switch"] == {"true", "false"}
    assert seen["flag"] == {"true", "1", "0"}
    assert len(seen["x"]) == 100


@pytest.mark.parametrize("loss", [1e30, 0.0])
def test_survives_losses_that_tell_nothing(loss: float) -> None:
    space = Space([Float("x", 0, 1)])
    with contextlib.closing(build("hebo", space, 0, rand_sample=2)) as searcher:
        for trial in range(3):
            space.check(searcher.ask(trial))
            searcher.tell(trial, 1, loss, final=True)


def test_the_model_needs_two_losses() -> None:
    with pytest.raises(CellError, match="rand_sample must be at least 2, not 1"):
        build("hebo", SPACE, 0, rand_sample=1)

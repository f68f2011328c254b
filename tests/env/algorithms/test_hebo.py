"""The HEBO searcher proposes what HEBO's own loop tries."""

from __future__ import annotations

import contextlib
import json

import pytest

from hpobench.api import Categorical, Float, Int, Ordinal, Space
from tests.env.algorithms.own_loop import build, drive, own_loop
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


def test_proposes_what_hebo_tries() -> None:
    # Sobol' points up to the third loss, that of the fourth trial.
    theirs = own_loop("hebo", LOOP, seed=0, trials=6, rand_sample=3)
    assert json.dumps(drive("hebo", SPACE, 6, failed=(1,), rand_sample=3)) == json.dumps(theirs)


def test_seed_0_is_a_seed() -> None:
    first = drive("hebo", SPACE, 3)
    assert drive("hebo", SPACE, 3) == first
    assert drive("hebo", SPACE, 3, seed=1) != first


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
    assert (seen["n"], seen["width"]) == ({"1", "2"}, {"1", "2", "3", "4"})
    assert (seen["batch"], seen["switch"]) == ({"8", "16", "32"}, {"true", "false"})
    assert seen["flag"] == {"true", "1", "0"}
    assert len(seen["x"]) == 100


@pytest.mark.parametrize("loss", [1e30, 0.0])
def test_survives_losses_that_tell_nothing(loss: float) -> None:
    space = Space([Float("x", 0, 1)])
    assert len(drive("hebo", space, 4, loss=lambda _: loss, rand_sample=2)) == 4

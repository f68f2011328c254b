"""Spaces that go over to ConfigSpace come back as they were."""

from __future__ import annotations

import contextlib
import json

import pytest

from hpobench.api import Categorical, Fidelity, Float, Int, Ordinal, Space, When
from tests.env.algorithms.own_loop import build
from tests.env.contract.driving import by_day

SPACE = Space(
    [
        Categorical("flag", (0, True, 1, "1")),
        Ordinal("size", (2.0, 2, 8)),
        Int("layers", 1, 3),
        Int("width", 1, 4, log=True),
        Float("rate", 1e-3, 0.1, log=True, when=When("flag", (True, 1))),
        Int("depth", 3, 4, when=When("size", (8,))),
        Categorical("units", ("few", "many"), when=When("layers", (2, 3))),
        Ordinal("only", (1,), when=When("units", ("many",))),
        Ordinal("last", (1,), when=When("only", (1,))),
    ]
)


@pytest.mark.parametrize("name", by_day(["bohb", "dehb", "smac-rf"]))
def test_every_value_is_proposed_where_it_is_active(name: str) -> None:
    seen: dict[str, set[str]] = {parameter: set() for parameter in SPACE.names}
    options = {"n_trials": 600} if name == "smac-rf" else {}  # all of a Sobol' design
    searcher = build(name, SPACE, 0, Fidelity("epoch", steps=9), **options)
    with contextlib.closing(searcher):
        for trial in range(80):
            config = searcher.ask(trial)
            SPACE.check(config)
            for parameter, value in config.items():
                seen[parameter].add(json.dumps(value))
    assert len(seen.pop("rate")) > 20
    assert seen == {
        "flag": {"0", "true", "1", '"1"'},
        "size": {"2.0", "2", "8"},
        "layers": {"1", "2", "3"},
        "width": {"1", "2", "3", "4"},
        "depth": {"3", "4"},
        "units": {'"few"', '"many"'},
        "only": {"1"},
        "last": {"1"},
    }

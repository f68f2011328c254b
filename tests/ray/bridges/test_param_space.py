"""Ray's search spaces in hpobench's terms, and configurations back in Ray's."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from ray import tune

from hpobench.bridges.param_space import ParamSpace
from hpobench.contract.errors import SpaceError
from hpobench.contract.parameters import Categorical, Float, Int

SGD, ADAM = {"name": "sgd", "momentum": 0.9}, {"name": "adam"}
PARAM_SPACE: dict[str, Any] = {
    "lr": tune.loguniform(1e-5, 1e-1),
    "decay": tune.uniform(0, 1),
    "model": {
        "layers": tune.randint(1, 5),
        "width": tune.lograndint(8, 513),
        "activation": tune.choice(["relu", "tanh"]),
        "seed": 7,
    },
    "dropout": tune.quniform(0.1, 0.5, 0.1),
    "batch": tune.qlograndint(16, 256, 16),
    "steps": tune.qrandint(10, 30, 10),
    "optimizer": tune.choice([SGD, ADAM, None]),
    "one": tune.randint(3, 4),
    "data": ["a", "b"],
}


def test_domains_become_parameters() -> None:
    assert ParamSpace(PARAM_SPACE).space.parameters == (
        Float("lr", 1e-5, 1e-1, log=True),
        Float("decay", 0, 1),
        Int("model.layers", 1, 4),
        Int("model.width", 8, 512, log=True),
        Categorical("model.activation", ("relu", "tanh")),
        Int("dropout", 1, 5),
        Int("batch", 1, 16, log=True),
        Int("steps", 1, 3),
        Categorical("optimizer", ("choice 0", "choice 1", "choice 2")),
        Categorical("one", (3,)),
    )


def test_configurations_are_valid_in_rays_domains_and_come_back() -> None:
    both, rng = ParamSpace(PARAM_SPACE), Random(1)
    for _ in range(200):
        config = both.space.sample(rng)
        found = both.to_ray(config)
        for key in ("lr", "decay", "dropout", "batch", "steps", "optimizer", "one"):
            assert PARAM_SPACE[key].is_valid(found[key]), (key, found[key])
        for key in ("layers", "width", "activation"):
            assert PARAM_SPACE["model"][key].is_valid(found["model"][key])
        assert found["batch"] % 16 == 0
        assert type(found["batch"]) is int
        assert "seed" not in found["model"]  # Ray puts constants in itself
        assert both.from_ray(found) == config
        assert both.from_ray({**found, "model": {}} | _flat(found["model"])) == config


def _flat(model: dict[str, Any]) -> dict[str, Any]:
    return {f"model/{key}": value for key, value in model.items()}


def test_choices_that_python_takes_for_equal() -> None:
    both = ParamSpace({"c": tune.choice([True, 1, None, 1.0])})
    values = [both.to_ray({"c": label})["c"] for label in both.space["c"].choices]  # type: ignore[union-attr]
    assert [type(value) for value in values] == [bool, int, type(None), float]
    assert [both.from_ray({"c": v})["c"] for v in values] == [f"choice {i}" for i in range(4)]


@pytest.mark.parametrize(
    ("param_space", "message"),
    [
        ({"a": {"b": tune.grid_search([1, 2])}}, "a.b: grid_search is not mixed with a searcher"),
        ({"a": tune.sample_from(lambda _: 1)}, "a: sample_from can be learnt by no searcher"),
        ({"a": tune.randn(0, 1)}, "a: a normal distribution has no bounds"),
        ({"a": [tune.uniform(0, 1)]}, "a: a domain inside of a list"),
        ({"a": {1: tune.uniform(0, 1)}}, "a.1: keys are strings, not 1"),
        ({"a": 1}, "nothing varies"),
        ({"a": tune.uniform(1, 1)}, "'a' needs finite low < high"),
        ({"a/b": tune.uniform(0, 1), "a": {"b": tune.uniform(0, 1)}}, "'a.b' is defined twice"),
    ],
)
def test_what_cannot_be_expressed_names_the_key(param_space: Any, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        ParamSpace(param_space)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"x": 0.5}, "'n' is missing"),
        ({"x": 0.5, "n": 4, "z": 1}, "no such parameter: z"),
        ({"x": 2.0, "n": 4}, r"x = 2.0 is not in"),
        ({"x": 0.5, "n": 5}, "n = 5 is not in its domain"),
        ({"x": 0.5, "n": "many"}, "n = 'many' is not in its domain"),
    ],
)
def test_points_that_do_not_fit(point: Any, message: str) -> None:
    both = ParamSpace({"x": tune.uniform(0, 1), "n": tune.qrandint(2, 8, 2)})
    with pytest.raises(SpaceError, match=message):
        both.from_ray(point)

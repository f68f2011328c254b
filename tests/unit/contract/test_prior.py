"""Priors: what is drawn from them, and what they refuse."""

from __future__ import annotations

import json
from random import Random
from statistics import fmean, stdev

import pytest

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Prior, Space, When
from hpobench.contract.errors import SpaceError, UsageError
from hpobench.contract.prior import SUREST

SPACE = Space(
    [
        Float("x", -1, 3),
        Float("rate", 1e-6, 1, log=True),
        Int("n", 1, 101),
        Ordinal("batch", (8, 16, 32, 64, 128)),
        Categorical("kind", ("a", True, 1, "b")),
        Float("momentum", 0, 1, when=When("kind", (True,))),
        Float("slope", 0, 1, when=When("kind", ("b",))),
    ]
)
CENTRE: Config = {"x": 1, "rate": 1e-3, "n": 51, "batch": 32, "kind": True, "momentum": 0.5}


def units(prior: Prior, name: str, number: int = 2_000) -> list[float]:
    """The coordinates of a parameter in configurations from the prior that have it."""
    rng = Random(0)
    drawn = [prior.sample(rng) for _ in range(number)]
    return [prior.space[name].to_unit(config[name]) for config in drawn if name in config]


@pytest.mark.parametrize("name", ["x", "rate", "n", "batch", "momentum"])
def test_numbers_are_normal_around_the_centre(name: str) -> None:
    found = units(Prior(SPACE, CENTRE, 0.125), name)
    assert fmean(found) == pytest.approx(0.5, abs=0.015)
    # Ordinals have five values only, which are further apart than draws.
    assert stdev(found) == pytest.approx(0.125, abs=0.015)


def test_what_is_inactive_at_the_centre_is_uniform() -> None:
    found = units(Prior(SPACE, CENTRE, 0.5), "slope")
    assert fmean(found) == pytest.approx(0.5, abs=0.06)
    assert stdev(found) == pytest.approx(12**-0.5, abs=0.03)


def test_a_category_has_the_choice_of_the_centre() -> None:
    prior = Prior(SPACE, CENTRE, 0.25)
    kind = SPACE["kind"]
    assert isinstance(kind, Categorical)
    assert prior.weights(kind) == [0.0625, 0.8125, 0.0625, 0.0625]
    rng = Random(0)
    drawn = [kind.index(prior.sample(rng)["kind"]) for _ in range(2_000)]
    assert drawn.count(1) / 2_000 == pytest.approx(0.8125, abs=0.03)
    assert {*drawn} == {0, 1, 2, 3}


@pytest.mark.parametrize("deviation", [SUREST, 0.25, 1])
@pytest.mark.parametrize("at", [0.0, 0.5, 1.0])
def test_all_draws_are_configurations(deviation: float, at: float) -> None:
    prior = Prior(SPACE, SPACE.from_unit([at] * len(SPACE)), deviation)
    rng = Random(1)
    for _ in range(200):
        SPACE.check(prior.sample(rng))


def test_a_sure_prior_stays_at_the_bounds() -> None:
    assert min(units(Prior(SPACE, {**CENTRE, "x": 3}, SUREST), "x")) > 0.95


def test_it_is_the_same_after_json() -> None:
    prior = Prior(SPACE, CENTRE, 0.3)
    assert Prior.from_json(json.loads(json.dumps(prior.to_json())), SPACE) == prior


@pytest.mark.parametrize("deviation", [0, -0.1, 1.01, float("inf"), float("nan"), 1e-300])
def test_a_prior_without_mass_is_refused(deviation: float) -> None:
    with pytest.raises(UsageError, match=r"must be from 0\.01 to 1"):
        Prior(SPACE, CENTRE, deviation)


def test_a_centre_outside_the_space_is_refused() -> None:
    with pytest.raises(SpaceError, match="'momentum' is missing"):
        Prior(SPACE, {name: v for name, v in CENTRE.items() if name != "momentum"}, 0.3)

"""Classic functions against their published minima and another library's values."""

import json
import math
from pathlib import Path
from random import Random
from typing import Any, get_args

import numpy as np
import pytest

from hpobench.api import TabulatedProblem
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.problems.synthetic._functions import Name, Scalable, function
from hpobench.problems.synthetic.branin import Branin
from hpobench.problems.synthetic.classic import Classic
from hpobench.problems.synthetic.hartmann import Hartmann

GOLDEN = json.loads(Path(__file__).with_name("golden_functions.json").read_text())["functions"]
"""BoTorch's values; the file says how it was made."""
PUBLISHED = {
    "ackley": lambda d: (0.0, [0.0] * d),
    "griewank": lambda d: (0.0, [0.0] * d),
    "levy": lambda d: (0.0, [1.0] * d),
    "rastrigin": lambda d: (0.0, [0.0] * d),
    "rosenbrock": lambda d: (0.0, [1.0] * d),
    "styblinski-tang": lambda d: (-39.166166 * d, [-2.903534] * d),
    "goldstein-price": lambda d: (3.0, [0.0, -1.0]),
    "six-hump-camel": lambda d: (-1.0316, [0.0898, -0.7126]),
}
MEMBERS = list(Classic.members())


def loss(problem: TabulatedProblem, x: Any) -> Any:
    return problem.curve(dict(zip(problem.space.names, x, strict=True)), 0).losses[0]


def named(name: Any, dimension: Any) -> Any:
    if name == "branin":
        return Branin()
    if name == "hartmann":
        return Hartmann(dimension=dimension)
    return Classic(function=name, dimension=dimension)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: f"{g['function']}-{len(g['low'])}")
def test_values_and_domains_are_botorchs(golden: Any) -> None:
    problem = named(golden["function"], len(golden["low"]))
    assert [(p.low, p.high) for p in problem.space] == list(
        zip(golden["low"], golden["high"], strict=True)
    )
    values = [loss(problem, x) for x in golden["points"]]
    assert values == pytest.approx(golden["values"], rel=1e-12, abs=1e-12)


def test_botorch_knows_all_but_goldstein_price() -> None:
    assert set(get_args(Name)) - {g["function"] for g in GOLDEN} == {"goldstein-price"}


@pytest.mark.parametrize(
    ("x", "value"), [((0, -1), 3), ((-0.6, -0.4), 30), ((1.8, 0.2), 84), ((1.2, 0.8), 840)]
)
def test_goldstein_prices_four_published_minima(x: tuple[Any, ...], value: int) -> None:
    problem = Classic(function="goldstein-price")
    assert loss(problem, x) == pytest.approx(value, rel=1e-12)
    rng = Random(0)
    near = [[a + rng.gauss(0, 0.01) for a in x] for _ in range(200)]
    assert min(loss(problem, point) for point in near) > value


@pytest.mark.parametrize("options", MEMBERS, ids=lambda o: "-".join(map(str, o.values())))
def test_the_optimum_is_published_and_nothing_is_below(options: Any) -> None:
    problem = Classic(**options)
    optimum, where = problem.optimum()
    published: Any = PUBLISHED[options["function"]]
    value, place = published(options["dimension"])
    assert optimum == pytest.approx(value, abs=5e-5 * options["dimension"])
    assert loss(problem, problem.place) == pytest.approx(optimum, abs=1e-12)
    if not options["instance"]:
        assert loss(problem, problem.place) == optimum
        assert problem.place == pytest.approx(place, abs=1e-4)
    assert f"{problem.place[-1]:.6g})" in where
    rng = Random(0)
    for width in (1e-3, 1e-1, 10):
        for _ in range(300):
            assert loss(problem, [p + rng.gauss(0, width) for p in problem.place]) > optimum


@pytest.mark.parametrize("name", get_args(Name))
def test_an_instance_is_the_function_moved(name: Any) -> None:
    published, moved = (Classic(function=name, instance=i) for i in (0, 7))
    assert moved.space == published.space
    shift = np.subtract(moved.place, published.place)
    for x in np.random.default_rng(0).uniform(-2, 2, (50, 2)):
        assert loss(moved, x + shift) == pytest.approx(loss(published, x), rel=1e-9, abs=1e-9)


def test_places_of_instances_fill_the_domain_but_for_its_margin() -> None:
    places = np.array([Classic(function="levy", instance=i).place for i in range(1, 400)])
    assert places.min() >= -8
    assert places.max() <= 8
    assert np.quantile(places, [0.25, 0.5, 0.75]) == pytest.approx([-4, 0, 4], abs=0.8)
    assert abs(np.corrcoef(places.T)[0, 1]) < 0.2


def test_minima_of_zero_are_exactly_zero() -> None:
    for name in set(get_args(Scalable)) - {"styblinski-tang"}:
        for dimension in (2, 3, 7, 20):
            assert function(name, dimension).optimum == 0.0


def test_members_have_keys_of_their_own() -> None:
    assert len({Classic(**options).key for options in MEMBERS}) == len(MEMBERS) == 40


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": "goldstein-price", "dimension": 3}, "dimension 2, not 3"),
        ({"function": "ackley", "dimension": 1}, "at least 2, not 1"),
        ({"function": "ackley", "instance": -1}, "at least 0, not -1"),
    ],
)
def test_classic_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Classic(**options)


def test_classic_knows_its_functions() -> None:
    with pytest.raises(UnknownNameError, match="did you mean ackley"):
        Classic(function="ackly")  # type: ignore[arg-type]


def test_losses_of_wild_places_are_finite() -> None:
    for options in MEMBERS:
        problem = Classic(**options)
        for u in (0.0, 1.0):
            assert math.isfinite(loss(problem, [p.from_unit(u) for p in problem.space]))

"""Functions of numbers, categories and conditions: optima by search, conditions by counting."""

import itertools
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy import stats

from hpobench.api import Config, TabulatedProblem
from hpobench.contract.errors import UsageError
from hpobench.problems.synthetic.conditional import Conditional
from hpobench.problems.synthetic.jenatton import LEAVES, Jenatton
from hpobench.problems.synthetic.mixed import Mixed
from tests.support.present import present

MIXED = [Mixed(**options) for options in Mixed.members()]


def loss(problem: TabulatedProblem, config: Config) -> Any:
    problem.space.check(config)
    return problem.curve(config, 0).losses[0]


# -- mixed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", MIXED, ids=lambda p: p.key)
def test_mixed_reaches_its_optimum_at_the_best_configuration(problem: Any) -> None:
    optimum, where = problem.optimum()
    assert loss(problem, problem.best) == optimum
    for name, value in problem.best.items():
        assert str(value) in where or f"{value:.6g}" in where, name


@pytest.mark.parametrize("problem", MIXED[::2], ids=lambda p: p.key)
def test_mixed_has_nothing_below_by_exhaustive_search(problem: Any) -> None:
    """All levels of the three discrete coordinates times a grid of the real one."""
    real, *discrete = problem.space
    values = [p.choices if p.kind != "int" else range(p.low, p.high + 1) for p in discrete]
    grid = np.append(np.linspace(0, 1, 30), problem.best[real.name])
    losses = {
        (x, *levels): loss(problem, dict(zip(problem.space.names, (x, *levels), strict=True)))
        for x, *levels in itertools.product(map(float, grid), *values)
    }
    assert len(losses) == 31 * 20 * 7 * 5
    assert min(losses.values()) == problem.optimum()[0]
    assert min(losses, key=losses.__getitem__) == tuple(problem.best.values())
    assert sum(value == problem.optimum()[0] for value in losses.values()) == 1


def test_every_coordinate_matters_and_categories_have_no_order() -> None:
    problem = Mixed(function="rastrigin", dimension=8)
    for p in problem.space:
        losses = [loss(problem, problem.best | {p.name: value}) for value in p.grid(20)]
        assert len({round(x, 9) for x in losses}) > 2, p.name
    # A category's letters in the order of their places in the window, over many instances.
    firsts = {
        min(positions := present(axis.positions), key=positions.__getitem__)
        for i in range(40)
        for axis in [Mixed(function="rastrigin", instance=i)._axes[3]]
    }
    assert firsts == set("abcde")


def test_the_best_level_may_be_any_but_the_outermost() -> None:
    bests = [list(Mixed(function="levy", instance=i).best.values()) for i in range(300)]
    real, integers, ordinals, categories = zip(*bests, strict=True)
    assert stats.kstest(real, stats.uniform(0.1, 0.8).cdf).pvalue > 1e-4
    assert set(integers) == set(range(3, 19))
    assert set(ordinals) == {16, 32, 64, 128, 256}
    assert set(categories) == set("abcde")


def test_mixed_kinds_in_turn() -> None:
    space = Mixed(function="ackley", dimension=6).space
    assert [p.kind for p in space] == ["float", "int", "ordinal", "categorical", "float", "int"]
    assert [p.size for p in space][1:4] == [20, 7, 5]


# -- conditional ---------------------------------------------------------------------------


def best(problem: Any, model: Any) -> dict[str, Any]:
    """The best configuration of ``model``."""
    shared, *inner, last = problem.surfaces[model].place
    config = {"model": model, "shared": shared}
    config |= {f"{model}{i}": place for i, place in enumerate(inner, 1)}
    return config | {f"{model}_extra": "on", f"{model}{len(inner) + 1}": last}


@pytest.fixture(params=[(2, 3), (4, 4), (8, 5)], ids=str)
def conditional(request: pytest.FixtureRequest) -> Conditional:
    models, dimension = request.param
    return Conditional(models=models, dimension=dimension, instance=3)


def test_each_model_reaches_its_floor_and_nothing_is_below(conditional: Any) -> None:
    floors = conditional.floors
    count = len(floors)
    assert sorted(floors.values()) == [r / (2 * count) for r in range(count)]
    for model, floor in floors.items():
        config = best(conditional, model)
        assert loss(conditional, config) == pytest.approx(floor, abs=1e-12)
        rng = Random(0)
        for width in (0.01, 0.1, 0.5):
            for _ in range(100):
                near = {
                    name: min(max(value + rng.gauss(0, width), 0.0), 1.0)
                    if isinstance(value, float)
                    else value
                    for name, value in config.items()
                }
                assert loss(conditional, near) > floor
    assert conditional.optimum()[0] == min(floors.values()) == 0.0


def test_the_extra_parameter_has_to_be_on(conditional: Any) -> None:
    for model, floor in conditional.floors.items():
        config = best(conditional, model)
        last = list(config)[-1]
        off = {k: v for k, v in config.items() if k != last} | {f"{model}_extra": "off"}
        assert loss(conditional, off) > floor + 1e-3
        place = config[last]
        same = config | {last: place + (0.25 if place < 0.5 else -0.25)}
        assert loss(conditional, same) == pytest.approx(loss(conditional, off), abs=1e-12)


def test_only_the_chosen_models_parameters_are_active(conditional: Any) -> None:
    rng, dimension = Random(0), len(conditional.surfaces["a"].place)
    for _ in range(200):
        config = conditional.space.sample(rng)
        model = config["model"]
        own = [name for name in config if name not in ("model", "shared")]
        assert all(name.startswith(model) for name in own)
        assert len(own) == dimension - (config[f"{model}_extra"] == "off")


def test_the_best_model_differs_between_instances() -> None:
    optima = [Conditional(instance=i).optimum()[1] for i in range(40)]
    assert {text.split('"')[1] for text in optima} == set("abcd")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"models": 1}, "2 to 26"), ({"models": 27}, "2 to 26"), ({"dimension": 2}, "at least 3")],
)
def test_conditional_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Conditional(**options)


# -- Jenatton ------------------------------------------------------------------------------


def test_jenatton_by_exhaustive_search() -> None:
    """A grid through every leaf, its minimum included."""
    problem = Jenatton()
    losses = [(loss(problem, config), config) for config in problem.space.grid(41)]
    assert len(losses) == 4 * 41 * 41
    least, config = min(losses, key=lambda pair: pair[0])
    assert least == problem.optimum()[0] == 0.1
    assert config == {"x1": 0, "x2": 0, "x4": 0.0, "r8": 0.0}
    for leaf, offset in LEAVES.items():
        assert min(value for value, c in losses if leaf in c) == offset


def test_jenatton_by_hand() -> None:
    problem = Jenatton()
    assert loss(problem, {"x1": 0, "x2": 1, "x5": -0.5, "r8": 0.5}) == pytest.approx(0.95)
    assert loss(problem, {"x1": 1, "x3": 0, "x6": 1.0, "r9": 0.25}) == pytest.approx(1.55)
    assert loss(problem, {"x1": 1, "x3": 1, "x7": 0.2, "r9": 1.0}) == pytest.approx(1.44)

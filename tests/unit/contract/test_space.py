import json
import math
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from hpobench.api import Config
from hpobench.contract.errors import SpaceError
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, When
from hpobench.contract.space import Space

FLAT = Space(
    [
        Float("rate", 1e-5, 1.0, log=True),
        Float("momentum", 0.0, 0.9),
        Int("units", 1, 512, log=True),
        Int("layers", 1, 5),
        Categorical("optimizer", ("adam", "sgd", "none")),
        Ordinal("batch", (8, 16, 32)),
    ]
)
TREE = Space(
    [
        Categorical("booster", ("tree", "linear")),
        Int("depth", 1, 3, when=When("booster", ("tree",))),
        Categorical("grow", ("deep", "wide"), when=When("depth", (2, 3))),
        Float("alpha", 0.0, 1.0, when=When("booster", ("linear",))),
        Int("rounds", 1, 2),
    ]
)
SPACES = pytest.mark.parametrize("space", [FLAT, TREE], ids=["flat", "tree"])


# -- unit mapping --------------------------------------------------------------------------


@pytest.mark.parametrize("p", FLAT.parameters, ids=lambda p: p.name)
def test_from_unit_covers_the_bounds_and_to_unit_inverts_it(p: Any) -> None:
    rng = Random(0)
    for u in [0.0, 1.0, 0.5, *(rng.random() for _ in range(500))]:
        value = p.from_unit(u)
        assert p.contains(value)
        assert 0.0 <= p.to_unit(value) <= 1.0
        again = p.from_unit(p.to_unit(value))
        assert again == pytest.approx(value, rel=1e-12) if p.kind == "float" else again == value


@pytest.mark.parametrize("p", [Float("x", 1e-5, 3.0, log=True), Float("x", -2.0, 7.0)])
def test_a_floats_ends_are_its_bounds(p: Float) -> None:
    assert [p.from_unit(0.0), p.from_unit(1.0)] == pytest.approx([p.low, p.high], rel=1e-14)


def test_a_log_floats_middle_is_the_geometric_mean() -> None:
    assert Float("x", 1e-4, 1.0, log=True).from_unit(0.5) == pytest.approx(1e-2)


def test_every_integer_is_equally_likely_bounds_included() -> None:
    counts = Counter(Int("n", 3, 7).from_unit((i + 0.5) / 5000) for i in range(5000))
    assert counts == dict.fromkeys(range(3, 8), 1000)


def test_log_integers_are_likely_as_their_interval_is_wide_on_the_log_scale() -> None:
    p, n = Int("n", 1, 8, log=True), 100_000
    counts = Counter(p.from_unit((i + 0.5) / n) for i in range(n))
    for k in range(1, 9):
        share = (math.log(k + 0.5) - math.log(k - 0.5)) / (math.log(8.5) - math.log(0.5))
        assert counts[k] / n == pytest.approx(share, abs=2 / n)


def test_every_choice_is_equally_likely() -> None:
    p = Categorical("c", ("a", "b", "c"))
    assert Counter(p.from_unit((i + 0.5) / 300) for i in range(300)) == dict.fromkeys("abc", 100)
    assert p.from_unit(1.0) == "c"


# -- what a parameter contains -------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "inside", "outside"),
    [
        (Float("x", 0.0, 1.0), [0, 0.0, 1.0, 0.5], [-0.1, 1.1, math.nan, math.inf, "0.5", True]),
        (Int("x", 1, 3), [1, 3], [0, 4, 2.0, True, "2", None]),
        (Categorical("x", (1, "a", True)), [1, "a", True], [1.0, "1", False, "b", None, [1]]),
        (Ordinal("x", (0.0, 0.5)), [0.0, 0.5], [0, False, 0.25]),
    ],
)
def test_contains(p: Any, inside: list[Any], outside: list[Any]) -> None:
    assert all(p.contains(value) for value in inside)
    assert not any(p.contains(value) for value in outside)


def test_size() -> None:
    assert [p.size for p in FLAT] == [math.inf, math.inf, 512, 5, 3, 3]


# -- grids ---------------------------------------------------------------------------------


def test_grid_values() -> None:
    assert Float("x", 0.0, 1.0).grid(5) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert Float("x", 0.0, 1.0).grid(1) == [0.5]
    assert Int("n", 1, 4).grid(10) == [1, 2, 3, 4]
    assert Int("n", 1, 100).grid(1) == [51]
    assert Int("n", 1, 100).grid(3) == [1, 51, 100]
    assert Ordinal("o", (3, 1, 2)).grid(1) == [3, 1, 2]


def test_grid_of_a_flat_space_moves_the_last_parameter_fastest() -> None:
    space = Space([Int("a", 1, 2), Categorical("b", ("x", "y"))])
    assert [tuple(c.values()) for c in space.grid(2)] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_grid_of_a_conditional_space_holds_each_configuration_once() -> None:
    configs = list(TREE.grid(3))
    # linear: 3 alphas x 2 rounds; tree: (depth 1, then two depths x two grows) x 2 rounds
    assert len(configs) == 3 * 2 + (1 + 2 * 2) * 2
    assert len({json.dumps(c) for c in configs}) == len(configs)
    for config in configs:
        TREE.check(config)
    assert configs[0] == {"booster": "tree", "depth": 1, "rounds": 1}


@pytest.mark.parametrize("resolution", [0, -1])
def test_a_grid_needs_a_resolution(resolution: int) -> None:
    with pytest.raises(SpaceError, match="at least 1"):
        next(TREE.grid(resolution))


# -- configurations ------------------------------------------------------------------------


@SPACES
def test_samples_are_valid_ordered_and_repeatable(space: Any) -> None:
    rng, again = Random(3), Random(3)
    for _ in range(300):
        config = space.sample(rng)
        space.check(config)
        assert config == space.sample(again)
        assert list(config) == [name for name in space.names if name in config]


def test_a_sample_draws_for_inactive_parameters_too() -> None:
    rng, reference = Random(5), Random(5)
    for _ in range(20):
        TREE.sample(rng)
        for _ in TREE:
            reference.random()
        assert rng.getstate() == reference.getstate()


def test_conditions_are_transitive() -> None:
    values: Config = {"booster": "linear", "depth": 2, "grow": "deep", "alpha": 0.5, "rounds": 1}
    assert TREE.build(values) == {"booster": "linear", "alpha": 0.5, "rounds": 1}
    due = {"booster": "tree", "depth": 2, "grow": "deep", "rounds": 1}
    assert TREE.build(values | {"booster": "tree"}) == due
    expected = {"booster": "tree", "depth": 1, "rounds": 1}
    assert TREE.build(values | {"booster": "tree", "depth": 1}) == expected


def test_conditional() -> None:
    assert TREE.conditional
    assert not FLAT.conditional


def test_from_unit_wants_one_coordinate_a_parameter() -> None:
    with pytest.raises(ValueError, match="zip"):
        FLAT.from_unit([0.5])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"booster": "tree", "depth": 1}, "'rounds' is missing"),
        ({"booster": "tree", "rounds": 1}, "'depth' is missing"),
        ({"booster": "forest", "rounds": 1}, "booster = 'forest' is not in"),
        ({"booster": "tree", "depth": 4, "rounds": 1}, "depth = 4 is not in"),
        ({"booster": "tree", "depth": 1, "rounds": 1, "beta": 0}, "no such parameter: beta"),
        (
            {"booster": "tree", "depth": 1, "alpha": 0.5, "rounds": 1},
            "'alpha' is set although 'booster' turns it off",
        ),
    ],
)
def test_check_says_what_is_wrong(config: dict[str, Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        TREE.check(config)


# -- definitions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Float("x", 1.0, 1.0), "finite low < high"),
        (lambda: Float("x", 0.0, math.inf), "finite low < high"),
        (lambda: Float("x", math.nan, 1.0), "finite low < high"),
        (lambda: Float("x", 0.0, 1.0, log=True), "needs low > 0"),
        (lambda: Int("x", 5, 4), "finite low < high"),
        (lambda: Int("x", 0, 4, log=True), "needs low > 0"),
        (lambda: Categorical("x", ()), "no choices"),
        (lambda: Ordinal("x", (1, 2, 1)), "same choice twice"),
        (lambda: Space([Int("x", 1, 2), Int("x", 1, 3)]), "'x' is defined twice"),
        (lambda: Space([Int("x", 1, 2, when=When("y", (1,)))]), "must stand before it"),
        (
            lambda: Space([Int("y", 1, 2), Int("x", 1, 2, when=When("y", (3,)))]),
            "y = 3, which 'y' never takes",
        ),
    ],
)
def test_definitions_that_do_not_hold_together(build: Callable[..., Any], message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        build()


def test_conditions_and_quantiles_know_one_from_true() -> None:
    kind = Categorical("kind", (True, 1))
    space = Space([kind, Float("x", 0, 1, when=When("kind", (1,)))])
    assert "x" in space.build({"kind": 1, "x": 0.5})
    assert "x" not in space.build({"kind": True, "x": 0.5})
    assert [kind.to_unit(value) for value in kind.choices] == [0.25, 0.75]
    with pytest.raises(ValueError, match="never takes"):
        kind.to_unit(2)


def test_one_and_true_are_different_choices() -> None:
    assert Categorical("x", (1, True, 1.0)).size == 3


def test_looking_a_parameter_up() -> None:
    assert TREE["depth"].when == When("booster", ("tree",))
    assert len(TREE) == 5
    with pytest.raises(KeyError):
        TREE["width"]


def test_cheap_values() -> None:
    space = Space(
        [
            Int("trees", 4, 100, cheap=4),
            Float("rate", 0, 1),
            Categorical("kind", ("a", "b"), cheap="b"),
        ]
    )
    assert space.cheap == {"trees": 4, "kind": "b"}
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space
    assert "cheap" not in space.to_json()[1]


@pytest.mark.parametrize("p", [Int("n", 1, 3, cheap=4), Ordinal("n", (1, 2), cheap=True)])
def test_cheap_values_must_be_in_the_space(p: Any) -> None:
    with pytest.raises(SpaceError, match="'n' is cheap at"):
        Space([p])


@SPACES
def test_json_round_trip(space: Any) -> None:
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space

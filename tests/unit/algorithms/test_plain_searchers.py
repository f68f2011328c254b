"""Random, grid and Sobol' search, and draws from a prior."""

from __future__ import annotations

import json
from collections import Counter
from itertools import permutations
from random import Random

import numpy as np
import pytest
from scipy.stats import kstest, qmc

from hpobench.algorithms.searchers.grid_search import GridSearch, IndexedGrid, permutation
from hpobench.algorithms.searchers.random_prior import RandomPrior
from hpobench.algorithms.searchers.random_search import RandomSearch
from hpobench.algorithms.searchers.sobol import Sobol
from hpobench.api import (
    Categorical,
    Config,
    Exhausted,
    Fidelity,
    Float,
    Int,
    Prior,
    Searcher,
    Space,
    When,
)
from hpobench.contract.errors import UsageError
from hpobench.testing.driving import SPACES

FIDELITY = Fidelity()
PLANE = Space([Float("x", 0, 1), Float("y", 0, 1)])
DIAMOND = Space(
    [
        Categorical("a", (1, 2, 3)),
        Categorical("b", (1, 2), when=When("a", (1, 2))),
        Int("c", 1, 5, when=When("b", (2,))),
        Float("d", 0, 1, when=When("a", (2, 3))),
        Categorical("e", ("p", "q")),
    ]
)
TRUE_IS_NOT_1 = Space(
    [Categorical("k", (1, True)), Int("d", 1, 4, when=When("k", (True,))), Int("n", 1, 2)]
)


CENTRE: Config = {"x": 0.9, "y": 0.1}


def proposals(searcher: Searcher, count: int) -> list[Config]:
    return [searcher.ask(trial) for trial in range(count)]


@pytest.mark.parametrize(("p", "believed"), [(0.0, 0.0), (0.3, 0.3), (1.0, 1.0)])
def test_draws_from_the_prior_have_the_probability_p(p: float, believed: float) -> None:
    searcher = RandomPrior.__new__(RandomPrior)
    searcher.prior = Prior(PLANE, CENTRE, 0.01)
    searcher.__init__(PLANE, seed=0, fidelity=FIDELITY, p=p)  # type: ignore[misc]
    near = [abs(float(config["x"]) - 0.9) < 0.05 for config in proposals(searcher, 1_000)]
    # A tenth of the others lie there too.
    assert sum(near) / 1_000 == pytest.approx(believed + 0.1 * (1 - believed), abs=0.04)


def test_without_a_prior_the_same_draws_are_random() -> None:
    found = [float(c["x"]) for c in proposals(RandomPrior(PLANE, seed=0, fidelity=FIDELITY), 500)]
    assert kstest(found, "uniform").pvalue > 0.01


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_is_in_0_to_1(p: float) -> None:
    with pytest.raises(UsageError, match="random-prior: p must be in 0 to 1"):
        RandomPrior(PLANE, seed=0, fidelity=FIDELITY, p=p)


def test_random_draws_are_uniform() -> None:
    drawn = proposals(RandomSearch(PLANE, seed=0, fidelity=FIDELITY), 2000)
    for name in PLANE.names:
        assert kstest([config[name] for config in drawn], "uniform").pvalue > 0.01


@pytest.mark.parametrize(
    "space", [*SPACES.values(), DIAMOND, TRUE_IS_NOT_1], ids=[*SPACES, "diamond", "true is not 1"]
)
@pytest.mark.parametrize("resolution", [1, 2, 4])
def test_index_reaches_every_point_of_the_grid_in_order(space: Space, resolution: int) -> None:
    grid = IndexedGrid(space, resolution)
    expected = list(space.grid(resolution))
    assert json.dumps([grid.at(i) for i in range(grid.size)]) == json.dumps(expected)


@pytest.mark.parametrize("shuffle", [True, False])
def test_grid_proposes_each_point_once_and_ends(shuffle: bool) -> None:
    searcher = GridSearch(DIAMOND, seed=0, fidelity=FIDELITY, resolution=3, shuffle=shuffle)
    expected = [json.dumps(config) for config in DIAMOND.grid(3)]
    proposed = [json.dumps(config) for config in proposals(searcher, len(expected))]
    assert sorted(proposed) == sorted(expected)
    assert (proposed == expected) is not shuffle
    with pytest.raises(Exhausted, match=f"all {len(expected)} configurations"):
        searcher.ask(len(expected))


def test_grid_of_astronomic_size_answers_at_once_and_leaves_its_corner() -> None:
    space = Space(
        [
            Categorical("kind", ("a", "b")),
            *(Float(f"x{i}", 0, 1, when=When("kind", ("a",))) for i in range(40)),
            *(Float(f"y{i}", 0, 1) for i in range(60)),
        ]
    )
    drawn = proposals(GridSearch(space, seed=0, fidelity=FIDELITY, resolution=10), 50)
    assert len({json.dumps(config) for config in drawn}) == 50
    # 10^40 times as many points have kind "a".
    assert {config["kind"] for config in drawn} == {"a"}
    assert len({config["x0"] for config in drawn}) > 5
    ordered = GridSearch(space, seed=0, fidelity=FIDELITY, resolution=10, shuffle=False)
    assert len({config["x0"] for config in proposals(ordered, 50)}) == 1


def test_permutations_are_equally_likely() -> None:
    rng = Random(0)
    counts = Counter(tuple(permutation(4, rng)) for _ in range(4800))
    assert set(counts) == set(permutations(range(4)))
    # 24 outcomes of 200 expected each: chi-square with 23 degrees, 99.9 % point 49.7.
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 49.7


def test_permutation_of_a_huge_range_remembers_only_what_was_drawn() -> None:
    order = permutation(10**30, Random(0))
    drawn = [next(order) for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert min(drawn) >= 0
    assert max(drawn) < 10**30


def test_grid_refuses_a_resolution_below_1() -> None:
    with pytest.raises(UsageError, match="resolution must be at least 1, not 0"):
        GridSearch(PLANE, seed=0, fidelity=FIDELITY, resolution=0)


def test_sobol_is_scipys_sequence_across_blocks() -> None:
    expected = qmc.Sobol(2, scramble=True, rng=np.random.default_rng(7)).random(256)
    drawn = proposals(Sobol(PLANE, seed=7, fidelity=FIDELITY), 200)
    np.testing.assert_array_equal([[c["x"], c["y"]] for c in drawn], expected[:200])


def test_sobol_fills_every_cell_of_a_16_by_16_board_once() -> None:
    drawn = proposals(Sobol(PLANE, seed=0, fidelity=FIDELITY), 256)
    assert len({(int(16 * float(c["x"])), int(16 * float(c["y"]))) for c in drawn}) == 256


def test_sobol_says_how_many_parameters_it_can_take() -> None:
    spaces = [Space([Float(f"x{i}", 0, 1) for i in range(qmc.Sobol.MAXDIM + n)]) for n in (0, 1)]
    reasons = [Sobol.unsupported_reason(space, FIDELITY, {}) for space in spaces]
    assert reasons == [None, "the sequence has at most 21201 dimensions, not 21202"]

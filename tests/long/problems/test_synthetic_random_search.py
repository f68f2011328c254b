"""Random search on every synthetic family against closed forms or an independent Monte-Carlo.

The Monte-Carlo is written anew from the published formulae, on whole arrays, with NumPy's
generator; problems are sampled through their spaces, with Python's. What is compared is the mean
of the best of n full evaluations, within four standard errors of both sides together.
"""

import math
from itertools import pairwise
from random import Random
from typing import Any, get_args

import numpy as np
import pytest
from scipy import integrate

from hpobench.api import TabulatedProblem
from hpobench.problems.synthetic import _hartmann
from hpobench.problems.synthetic._functions import Scalable
from hpobench.problems.synthetic.branin import Branin
from hpobench.problems.synthetic.classic import Classic
from hpobench.problems.synthetic.conditional import Conditional
from hpobench.problems.synthetic.counting_ones import CountingOnes
from hpobench.problems.synthetic.hartmann import Hartmann
from hpobench.problems.synthetic.jenatton import Jenatton
from hpobench.problems.synthetic.learning_curves import LearningCurves
from hpobench.problems.synthetic.mf_hartmann import MFHartmann
from hpobench.problems.synthetic.mixed import Mixed
from tests.support.present import present

COUNTS = (1, 10, 50)
SAMPLE, SIMULATED = 10_000, 200_000


def searched(problem: TabulatedProblem, seed: int = 0) -> Any:
    """Visible losses of random configurations at full fidelity."""
    rng = Random(seed)
    return np.array([problem.curve(problem.space.sample(rng), i).losses[-1] for i in range(SAMPLE)])


def best_of(n: int, losses: Any) -> tuple[Any, ...]:
    """The mean of the best of ``n`` and its standard error."""
    best = losses[: len(losses) // n * n].reshape(-1, n).min(axis=1)
    return best.mean(), best.std() / math.sqrt(len(best))


def agrees(losses: Any, simulated: Any) -> None:
    for n in COUNTS:
        (a, a_error), (b, b_error) = best_of(n, losses), best_of(n, simulated)
        assert abs(a - b) < 4 * math.hypot(a_error, b_error), f"best of {n}: {a} is not {b}"


# -- the functions on arrays ---------------------------------------------------------------


def ackley(x: Any) -> Any:
    root = np.sqrt((x**2).mean(1))
    return -20 * np.exp(-0.2 * root) - np.exp(np.cos(2 * np.pi * x).mean(1)) + 20 + np.e


def griewank(x: Any) -> Any:
    i = np.arange(1, x.shape[1] + 1)
    return (x**2).sum(1) / 4000 - np.cos(x / np.sqrt(i)).prod(1) + 1


def levy(x: Any) -> Any:
    w = 1 + (x - 1) / 4
    inner, last = w[:, :-1], w[:, -1]
    middle = ((inner - 1) ** 2 * (1 + 10 * np.sin(np.pi * inner + 1) ** 2)).sum(1)
    end = (last - 1) ** 2 * (1 + np.sin(2 * np.pi * last) ** 2)
    return np.sin(np.pi * w[:, 0]) ** 2 + middle + end


def rastrigin(x: Any) -> Any:
    return 10 * x.shape[1] + (x**2 - 10 * np.cos(2 * np.pi * x)).sum(1)


def rosenbrock(x: Any) -> Any:
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (x[:, :-1] - 1) ** 2).sum(1)


def styblinski_tang(x: Any) -> Any:
    return (x**4 - 16 * x**2 + 5 * x).sum(1) / 2


def six_hump_camel(x: Any) -> Any:
    a, b = x.T
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (-4 + 4 * b**2) * b**2


def goldstein_price(x: Any) -> Any:
    a, b = x.T
    first = 19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2
    second = 18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2
    return (1 + (a + b + 1) ** 2 * first) * (30 + (2 * a - 3 * b) ** 2 * second)


def branin(x: Any) -> Any:
    a, b = x.T
    bend = b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6
    return bend**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10


def hartmann(x: Any) -> Any:
    widths, centres = (np.array(c[x.shape[1]]) for c in (_hartmann.WIDTHS, _hartmann.CENTRES))
    distances = (widths * (x[:, None] - centres) ** 2).sum(2)
    return -np.exp(-distances) @ [1.0, 1.2, 3.0, 3.2]


# Function, half the width of a coordinate's domain, its middle, the minimiser's coordinate.
ARRAYS = {
    "ackley": (ackley, 32.768, 0.0, 0.0),
    "griewank": (griewank, 600.0, 0.0, 0.0),
    "levy": (levy, 10.0, 0.0, 1.0),
    "rastrigin": (rastrigin, 5.12, 0.0, 0.0),
    "rosenbrock": (rosenbrock, 7.5, 2.5, 1.0),
    "styblinski-tang": (styblinski_tang, 5.0, 0.0, -2.903534027771177),
}


def cube(dimension: int, low: Any = 0.0, high: Any = 1.0, seed: int = 0) -> Any:
    return np.random.default_rng(seed).uniform(low, high, (SIMULATED, dimension))


def around(name: str, u: Any, place: Any) -> Any:
    """The function's excess at points ``u`` of the unit cube when its minimum is at ``place``."""
    function, half, _, minimum = ARRAYS[name]
    least = function(np.full((1, u.shape[1]), minimum))
    return function(minimum + (u - place) * 2 * half) - least


# -- families of one step ------------------------------------------------------------------


@pytest.mark.parametrize("name", get_args(Scalable))
@pytest.mark.parametrize("dimension", [2, 5])
def test_classics_as_published(name: Any, dimension: int) -> None:
    function, half, middle, _ = ARRAYS[name]
    x = cube(dimension, middle - half, middle + half)
    agrees(searched(Classic(function=name, dimension=dimension)), function(x))


@pytest.mark.parametrize("name", get_args(Scalable))
def test_classics_moved(name: Any) -> None:
    problem = Classic(function=name, dimension=3, instance=1)
    _, half, middle, _ = ARRAYS[name]
    place = (np.array(problem.place) - (middle - half)) / (2 * half)
    agrees(searched(problem) - problem.optimum()[0], around(name, cube(3), place))


@pytest.mark.parametrize(
    ("problem", "function", "bounds"),
    [
        (Classic(function="six-hump-camel"), six_hump_camel, ([-3, -2], [3, 2])),
        (Classic(function="goldstein-price"), goldstein_price, ([-2, -2], [2, 2])),
        (Branin(), branin, ([-5, 0], [10, 15])),
        (Hartmann(dimension=3), hartmann, (0, 1)),
        (Hartmann(dimension=6), hartmann, (0, 1)),
        (MFHartmann(dimension=3, quality="terrible"), hartmann, (0, 1)),
    ],
    ids=["six-hump-camel", "goldstein-price", "branin", "hartmann-3", "hartmann-6", "mf-hartmann"],
)
def test_functions_of_one_dimension(problem: Any, function: Any, bounds: tuple[Any, ...]) -> None:
    agrees(searched(problem), function(cube(len(problem.space), *bounds)))


def test_branin_with_noise() -> None:
    noise = np.random.default_rng(1).normal(0, 20, SIMULATED)
    agrees(searched(Branin(noise=20.0)), branin(cube(2, [-5, 0], [10, 15])) + noise)


# -- mixed and conditional -----------------------------------------------------------------


@pytest.mark.parametrize("name", get_args(Scalable))
def test_mixed(name: Any) -> None:
    problem, rng = Mixed(function=name), np.random.default_rng(0)
    best: list[Any] = list(problem.best.values())
    u, place = np.empty((SIMULATED, 4)), np.empty(4)
    u[:, 0], place[0] = rng.random(SIMULATED), best[0]
    u[:, 1], place[1] = rng.integers(0, 20, SIMULATED) / 19, (best[1] - 1) / 19
    u[:, 2], place[2] = rng.integers(0, 7, SIMULATED) / 6, (math.log2(best[2]) - 3) / 6
    letters = present(problem._axes[3].positions)
    # The letters' hidden order decides only which place the best one has.
    u[:, 3], place[3] = rng.integers(0, 5, SIMULATED) / 4, letters[best[3]]
    agrees(searched(problem) - problem.optimum()[0], around(name, u, place))


def error(surface: Any, name: str, u: Any) -> Any:
    """The share of better points, read off the surface's quantiles."""
    excess, cuts = around(name, u, surface.place), np.array(surface._quantiles)
    inside = np.interp(excess, [0, *cuts], np.arange(20) / 20)
    return np.where(excess < cuts[-1], inside, 1 - cuts[-1] / 20 / np.maximum(excess, cuts[-1]))


def test_conditional() -> None:
    problem, rng = Conditional(models=6, dimension=3, instance=1), np.random.default_rng(0)
    model, on, u = rng.integers(0, 6, SIMULATED), rng.random(SIMULATED) < 0.5, cube(3)
    simulated = np.empty(SIMULATED)
    for i, (letter, name) in enumerate(zip("abcdef", get_args(Scalable), strict=True)):
        surface, floor = problem.surfaces[letter], problem.floors[letter]
        place = surface.place[-1]
        mine = u[model == i]
        mine[~on[model == i], 2] = place + (0.25 if place < 0.5 else -0.25)
        simulated[model == i] = floor + (1 - floor) * error(surface, name, mine)
    agrees(searched(problem), simulated)


def test_jenatton_has_a_closed_form() -> None:
    """With x uniform in [-1, 1] and r in [0, 1], x^2 + r <= t has the chance
    2/3 t^(3/2) up to t = 1 and, with s = sqrt(t - 1), s + t (1 - s) - (1 - s^3) / 3 beyond."""

    def leaf(t: Any) -> Any:
        t = min(max(t, 0.0), 2.0)
        if t <= 1:
            return 2 / 3 * t**1.5
        s = math.sqrt(t - 1)
        return s + t * (1 - s) - (1 - s**3) / 3

    def above(t: Any, n: int) -> Any:
        """The chance that none of ``n`` is below ``t``."""
        return (1 - sum(leaf(t - offset) for offset in (0.1, 0.2, 0.3, 0.4)) / 4) ** n

    losses, pieces = searched(Jenatton()), [0.1, 0.2, 0.3, 0.4, 1.1, 1.2, 1.3, 1.4, 2.4]
    for n in COUNTS:
        tail = sum(integrate.quad(above, a, b, args=(n,))[0] for a, b in pairwise(pieces))
        mean, standard_error = best_of(n, losses)
        assert abs(mean - (0.1 + tail)) < 4 * standard_error


# -- families of several steps -------------------------------------------------------------


def test_counting_ones() -> None:
    rng, d = np.random.default_rng(0), 8
    ones = rng.integers(0, 2, (SIMULATED, 4)).sum(1)
    shares = rng.binomial(90, rng.random((SIMULATED, 4))).sum(1) / 90
    problem = CountingOnes(categorical=4, continuous=4, max_draws=90)
    agrees(searched(problem), -(ones + shares) / d)


@pytest.mark.parametrize("name", get_args(Scalable))
def test_learning_curves(name: Any) -> None:
    problem = LearningCurves(function=name, dimension=3, noise=0.1)
    noise = np.random.default_rng(1).normal(0, 0.1, SIMULATED)
    agrees(searched(problem), error(problem.asymptote, name, cube(3)) + noise)


def test_the_best_asymptote_of_n_is_that_of_n_uniform_draws() -> None:
    """1 / (n + 1), but for the error of the 1000 points that the quantiles are of, and for the
    best twentieth, whose shape is the function's own."""
    for name in get_args(Scalable):
        losses = searched(LearningCurves(function=name, dimension=2, noise=0.0))
        for n in (1, 3):
            mean, standard_error = best_of(n, losses)
            spread = 4 * math.hypot(standard_error, math.sqrt(1 / 12 / 1000)) + 0.01
            assert abs(mean - 1 / (n + 1)) < spread

"""Classic functions on the unit cube with a moved minimum, and smooth random fields."""

from __future__ import annotations

import functools
import math
from bisect import bisect
from collections.abc import Sequence
from operator import mul
from random import Random
from statistics import quantiles

from hpobench.kit import derive_seed, uniform
from hpobench.problems.synthetic._functions import function
from hpobench.problems.synthetic._noise import normals

MARGIN = 0.1
"""The least distance of a minimum from the bounds, as a share of the domain's width."""
PROBES = 1000
PIECES = 20


def moved_place(dimension: int, *parts: object) -> list[float]:
    """The place of a minimum in the unit cube: uniform within the margins, drawn from ``parts``."""
    return [MARGIN + (1 - 2 * MARGIN) * uniform(*parts, i) for i in range(dimension)]


class Surface:
    """A classic function as an error on the unit cube: 0 at its ``place``, below 1 everywhere.

    The error of a point is the share of the cube that is better. It is interpolated linearly
    between the quantiles (twentieths) of the function's excess over its minimum at random points.
    In the best twentieth the error is therefore proportional to the excess. Beyond the last
    quantile ``q``, an excess ``f`` has the error ``1 - q / (20 f)``. The place is drawn from
    ``parts``.
    """

    def __init__(self, name: str, dimension: int, *parts: object) -> None:
        self._function = function(name, dimension)
        self._widths = [high - low for low, high in self._function.bounds]
        self._parts = parts
        self.place = moved_place(dimension, *parts, "place")

    def excess(self, u: Sequence[float]) -> float:
        """The function's value at ``u`` minus its minimum."""
        minimiser = self._function.minimiser
        moved = zip(minimiser, u, self.place, self._widths, strict=True)
        return self._function.value([m + (a - p) * w for m, a, p, w in moved]) - self._optimum

    def __call__(self, u: Sequence[float]) -> float:
        excess, cuts = self.excess(u), self._quantiles
        above = bisect(cuts, excess)
        if above == len(cuts):
            return 1 - cuts[-1] / (PIECES * excess)
        low = cuts[above - 1] if above else 0.0
        return (above + (excess - low) / (cuts[above] - low)) / PIECES

    @functools.cached_property
    def _quantiles(self) -> list[float]:
        points = random_points(len(self.place), *self._parts)
        return quantiles(map(self.excess, points), n=PIECES)

    @functools.cached_property
    def _optimum(self) -> float:
        return self._function.optimum


class Field:
    """A smooth random function from the unit cube to (0, 1), drawn from ``parts``.

    The function is a sample of a Gaussian process with an RBF kernel of length scale 1/2, which 16
    random Fourier features approximate (Rahimi and Recht, 2007). The normal distribution function
    maps its values to (0, 1), so that over all fields the value at a point is close to uniform.
    """

    FEATURES, LENGTH_SCALE = 16, 0.5

    def __init__(self, dimension: int, *parts: object) -> None:
        frequencies = normals(self.FEATURES * dimension, *parts, "frequencies")
        rows = [frequencies[i :: self.FEATURES] for i in range(self.FEATURES)]
        self._waves = [
            (2 * math.pi * uniform(*parts, "phase", i), [f / self.LENGTH_SCALE for f in row])
            for i, row in enumerate(rows)
        ]

    def __call__(self, u: Sequence[float]) -> float:
        # The sum's variance over the phases is FEATURES / 2, and the normal distribution function
        # of z is expressed by erf(z / sqrt(2)). Together they give the divisor sqrt(FEATURES).
        total = sum([math.cos(phase + sum(map(mul, f, u))) for phase, f in self._waves])
        return 0.5 + 0.5 * math.erf(total / math.sqrt(self.FEATURES))


def random_points(dimension: int, *parts: object) -> list[list[float]]:
    """:data:`PROBES` random points of the unit cube, drawn from ``parts``, for estimates."""
    rng = Random(derive_seed(*parts, "probes", bits=64))
    return [[rng.random() for _ in range(dimension)] for _ in range(PROBES)]

"""The Branin function."""

from __future__ import annotations

import math

from hpobench.api import Config, Curve, Float, Space, TabulatedProblem
from hpobench.kit import UsageError
from hpobench.problems.synthetic._noise import normals


def branin(x1: float, x2: float) -> float:
    """The Branin function with its usual constants."""
    bend = x2 - 5.1 / (4 * math.pi**2) * x1**2 + 5 / math.pi * x1 - 6
    return bend**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x1) + 10


class Branin(TabulatedProblem):
    """Branin: 2 dimensions, three global minima; 1 s an evaluation.

    ``noise`` is a standard deviation. If it is positive, the loss is the function plus Gaussian
    noise, drawn from the problem seed and the configuration, and the held-out loss is the function
    itself.
    """

    name = "branin"
    source = "https://www.sfu.ca/~ssurjano/branin.html"
    space = Space([Float("x1", -5.0, 10.0), Float("x2", 0.0, 15.0)])

    def __init__(self, *, noise: float = 0.0) -> None:
        if not (math.isfinite(noise) and noise >= 0):
            raise UsageError(f"branin: noise is a standard deviation, at least 0, not {noise}")
        self.noise = noise
        self.heldout = noise > 0

    def curve(self, config: Config, seed: int) -> Curve:
        x1, x2 = float(config["x1"]), float(config["x2"])
        value = branin(x1, x2)
        if not self.noise:
            return Curve([value], [1.0])
        (z,) = normals(1, "branin", seed, x1, x2)
        return Curve([value + self.noise * z], [1.0], [value])

    @property
    def key(self) -> str:
        return f"noise{self.noise:g}"

    def optimum(self) -> tuple[float, str]:
        return 0.39788735772973816, "closed form, at (pi, 2.275)"

"""The Hartmann functions in 3 and 6 dimensions."""

from __future__ import annotations

from hpobench.api import Config, Curve, TabulatedProblem
from hpobench.problems.synthetic import _hartmann
from hpobench.problems.synthetic._hartmann import Dimension


class Hartmann(TabulatedProblem):
    """Hartmann: four wells in the unit cube of dimension 3 or 6; 1 s an evaluation."""

    name = "hartmann"
    source = "https://www.sfu.ca/~ssurjano/hart3.html and hart6.html"

    def __init__(self, *, dimension: Dimension) -> None:
        self.dimension = dimension
        self.space = _hartmann.space(dimension)

    def curve(self, config: Config, seed: int) -> Curve:
        x = _hartmann.coordinates(config)
        return Curve([_hartmann.depth(_hartmann.wells(x))], [1.0])

    @property
    def key(self) -> str:
        return f"d{self.dimension}"

    def optimum(self) -> tuple[float, str]:
        return _hartmann.optimum(self.dimension)

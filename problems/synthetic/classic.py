"""Classic test functions of global optimisation."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from hpobench.api import Config, Curve, Float, Space, TabulatedProblem
from hpobench.kit import UsageError
from hpobench.problems.synthetic import _functions
from hpobench.problems.synthetic._functions import Name, Scalable
from hpobench.problems.synthetic._landscape import moved_place


class Classic(TabulatedProblem):
    """A classic function on its published domain, with a known optimum; 1 s an evaluation.

    Some functions have their minimum in the middle of the domain, where many searchers begin and
    where grids with an odd number of values have a point. ``instance`` 0 is the function as
    published. Any other instance moves the minimum to a random place, which keeps a tenth of the
    domain's width from the bounds.
    """

    name = "classic"
    source = "https://www.sfu.ca/~ssurjano/optimization.html"

    def __init__(self, *, function: Name, dimension: int = 2, instance: int = 0) -> None:
        if instance < 0:
            raise UsageError(f"classic: instance is at least 0, not {instance}")
        self._function = _functions.function(function, dimension)
        self._key = f"{function}-d{dimension}-i{instance}"
        self.space = Space(
            [Float(f"x{i}", low, high) for i, (low, high) in enumerate(self._function.bounds)]
        )
        self._names = self.space.names
        self._moved = instance > 0
        self.place = list(self._function.minimiser)
        """The coordinates of the minimum of this instance."""
        if self._moved:
            unit = moved_place(dimension, "classic", function, dimension, instance)
            self.place = [
                low + u * (high - low)
                for u, (low, high) in zip(unit, self._function.bounds, strict=True)
            ]

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]]:
        for function, dimension, instance in itertools.product(get_args(Name), (2, 5, 10), (0, 1)):
            if dimension == 2 or function in get_args(Scalable):
                yield {"function": function, "dimension": dimension, "instance": instance}

    @property
    def key(self) -> str:
        return self._key

    def curve(self, config: Config, seed: int) -> Curve:
        x = [float(config[name]) for name in self._names]
        if self._moved:
            minimiser = self._function.minimiser
            x = [m + (a - p) for m, a, p in zip(minimiser, x, self.place, strict=True)]
        return Curve([self._function.value(x)], [1.0])

    def optimum(self) -> tuple[float, str]:
        at = ", ".join(f"{p:.6g}" for p in self.place)
        return self._function.optimum, f"closed form, at ({at})"

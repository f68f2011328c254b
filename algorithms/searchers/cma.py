# /// script
# requires-python = ">=3.11"
# dependencies = ["cma==4.5.0"]
# ///
"""CMA-ES as implemented in pycma, the package of its authors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hpobench.algorithms.searchers._nesting import domain
from hpobench.api import Categorical, Config, Fidelity, Int, Ordinal, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpobench.api import Parameter, Value


class PyCma(Searcher):
    """pycma's CMA-ES: an evolution strategy that adapts its covariance matrix.

    Real numbers and integers on a log scale are coordinates of the unit cube. Other integers, and
    the indices of ordinals, are pycma's integer variables. pycma knows only numbers, so every
    choice of a category gets a coordinate, and the choice with the largest coordinate is proposed.
    This way all choices are equally far from each other.

    A generation ends when it has as many losses as it has members. A trial that is asked for while
    all members are running is a further draw from the same distribution; so is the replacement of
    a failed trial. A loss that arrives after the end of its generation counts for the next one.
    When pycma's stopping criteria are met, the strategy starts again from a random point with twice
    the population, as pycma's own ``fmin2`` does.

    A configuration that somebody else chose is injected into the generation, where its rank moves
    the mean of the distribution. In place of its category it has coordinates of 3/4 for the choice
    and 1/4 for the others.

    ``sigma0``: the initial standard deviation as a share of each parameter's range.
    """

    name = "cma"
    library = "cma"
    preload = ("cma",)
    conditional = False

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, sigma0: float = 0.25
    ) -> None:
        import numpy as np

        if not 0 < sigma0 <= 1:
            raise UsageError(f"cma: sigma0 must be above 0 and at most 1, not {sigma0}")
        self._space, self._sigma0 = space, sigma0
        self._bounds = [bounds for p in space for bounds in _bounds(p)]
        self._rng = np.random.RandomState(seed)
        self._start([(low + high) / 2 for low, high in self._bounds])

    @classmethod
    def unsupported_reason(
        cls, space: Space, fidelity: Fidelity, options: Mapping[str, Any]
    ) -> str | None:
        dimensions = sum(1 for p in space for _ in _bounds(p))
        return None if dimensions > 1 else "pycma does not support spaces of one dimension"

    def _start(self, x0: Sequence[float], **options: int) -> None:
        import cma

        coordinates = [p for p in self._space for _ in _bounds(p)]
        given = {
            "bounds": [list(side) for side in zip(*self._bounds, strict=True)],
            "CMA_stds": [high - low for low, high in self._bounds],
            "integer_variables": [i for i, p in enumerate(coordinates) if _is_integer(p)],
            "randn": self._rng.randn,
            "seed": math.nan,  # keeps pycma from seeding NumPy's global generator
            "verbose": -9,
        }
        self._strategy = cma.CMAEvolutionStrategy(x0, self._sigma0, {**given, **options})
        self._drawn: list[Any] = self._strategy.ask()
        self._running: dict[int, Any] = {}
        self._told: list[tuple[Any, float]] = []

    def ask(self, trial: int) -> Config:
        if not self._drawn:
            self._drawn = self._strategy.ask(1)
        point = self._running[trial] = self._drawn.pop(0)
        coordinates = iter(point.tolist())
        values = {p.name: _value(p, [next(coordinates) for _ in _bounds(p)]) for p in self._space}
        return self._space.build(values)

    def adopt(self, trial: int, config: Config) -> bool:
        import numpy as np

        point = np.array([x for p in self._space for x in _coordinates(p, config[p.name])])
        genotype = self._strategy.gp.geno(point, self._strategy.boundary_handler.inverse)
        self._strategy.inject([genotype], force=True)
        # pycma gives injected points back only to those who ask for more than one.
        self._running[trial], drawn = self._strategy.ask(2)
        self._drawn.append(drawn)
        return True

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if not final or trial not in self._running:  # the trial began before a restart
            return
        self._told.append((self._running.pop(trial), loss))
        if len(self._told) == self._strategy.popsize:
            self._strategy.tell(*map(list, zip(*self._told, strict=True)))
            if self._strategy.stop():
                x0 = [self._rng.uniform(*bounds) for bounds in self._bounds]
                self._start(x0, popsize=2 * self._strategy.popsize)
            else:
                self._drawn, self._told = self._strategy.ask(), []

    def failed(self, trial: int) -> None:
        self._running.pop(trial, None)

    def dropped(self, trial: int) -> None:
        self._running.pop(trial, None)


# -- the space in pycma's terms --------------------------------------------------------------


def _bounds(p: Parameter) -> list[tuple[float, float]]:
    """The lower and upper bound of each coordinate of ``p``."""
    if _is_integer(p):
        first = p.low if isinstance(p, Int) else 0
        return [(first - 0.5, first + len(domain(p)) - 0.5)]  # type: ignore[arg-type]
    return [(0.0, 1.0)] * (len(p.choices) if isinstance(p, Categorical) else 1)


def _is_integer(p: Parameter) -> bool:
    """Whether ``p`` is one of pycma's integer variables."""
    return isinstance(p, Ordinal) or (isinstance(p, Int) and not p.log)


def _value(p: Parameter, at: list[float]) -> Value:
    if type(p) is Categorical:
        return p.choices[at.index(max(at))]
    if not _is_integer(p):
        return p.from_unit(at[0])
    return int(at[0]) if isinstance(p, Int) else p.choices[int(at[0])]  # type: ignore[union-attr]


def _coordinates(p: Parameter, value: Value) -> list[float]:
    """A point for which :func:`_value` gives ``value``."""
    if type(p) is Categorical:
        return [0.75 if i == p.index(value) else 0.25 for i in range(len(p.choices))]
    if not _is_integer(p):
        return [p.to_unit(value)]
    return [float(value) if isinstance(p, Int) else float(p.index(value))]  # type: ignore[union-attr]

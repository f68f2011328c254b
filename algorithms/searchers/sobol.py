"""Quasi-random search along a scrambled Sobol' sequence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpobench.api import Config, Fidelity, Searcher, Space
from hpobench.kit import UsageError

_BLOCK = 64
"""The number of points drawn at once. It is a power of two, because SciPy warns if the size of the
first block is not."""


class Sobol(Searcher):
    """Scrambled Sobol' points: random search that spreads its points evenly.

    Every parameter has a coordinate, which is ignored where the parameter is inactive. Conditional
    spaces therefore work, but a parameter that is rarely active gets few points. The scrambling is
    seeded.
    """

    name = "sobol"
    library = "scipy"
    requires = ("scipy>=1.15",)
    learns = False

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        import numpy as np
        from scipy.stats.qmc import Sobol as Engine

        if len(space) > Engine.MAXDIM:
            raise UsageError(
                f"sobol: the sequence has at most {Engine.MAXDIM} dimensions, "
                f"the space has {len(space)} parameters"
            )
        self._space = space
        self._points = _points(Engine(len(space), scramble=True, rng=np.random.default_rng(seed)))

    def ask(self, trial: int) -> Config:
        return self._space.from_unit(next(self._points))

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """A fixed sequence does not learn."""


def _points(engine: Any) -> Iterator[list[float]]:
    while True:
        yield from engine.random(_BLOCK).tolist()

"""Quasi-random search along a scrambled Sobol' sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hpobench.api import Config, Fidelity, Searcher, Space

_BLOCK = 64
"""The number of points drawn at once. It is a power of two, because SciPy warns if the size of the
first block is not."""
_DIMENSIONS = 21201
"""What SciPy's table of direction numbers holds."""


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
        self._space = space
        self._points = _points(len(space), seed)

    @classmethod
    def unsupported_reason(
        cls, space: Space, fidelity: Fidelity, options: Mapping[str, Any]
    ) -> str | None:
        if len(space) <= _DIMENSIONS:
            return None
        return f"the sequence has at most {_DIMENSIONS} dimensions, not {len(space)}"

    def ask(self, trial: int) -> Config:
        return self._space.from_unit(next(self._points))

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """A fixed sequence does not learn."""


def _points(dimensions: int, seed: int) -> Iterator[list[float]]:
    # A plan constructs searchers; the import of SciPy's statistics would take most of its time.
    import numpy as np
    from scipy.stats.qmc import Sobol as Engine

    engine = Engine(dimensions, scramble=True, rng=np.random.default_rng(seed))
    while True:
        yield from engine.random(_BLOCK).tolist()

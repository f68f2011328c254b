"""The recorded configuration that is nearest to another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Categorical, Config, Ordinal, Parameter, Space

_INACTIVE = -1.0
"""Far below the unit cube, where every active value is."""


def places(space: Space, configs: Sequence[Config]) -> NDArray[np.float64]:
    """The coordinates ``[parameters, configurations]`` of ``configs`` in the unit cube, below it
    where a parameter is not active."""
    return np.array([[_place(p, config) for config in configs] for p in space])


class Nearest:
    """Finds the recorded configuration with the least squared distance, the first if there are
    ties.

    The distance is Euclidean in the unit cube of ``space``, where logarithmic parameters are at
    their logarithms. Categories that differ are at distance 1, and so is any value from a
    parameter that is not active.
    """

    def __init__(self, space: Space, recorded: NDArray[np.float64]) -> None:
        """``recorded``: the :func:`places` of the recorded configurations."""
        self._space, self._recorded = space, recorded

    def row(self, config: Config) -> int:
        return int(self.distances(config).argmin())

    def distances(self, config: Config) -> NDArray[np.float64]:
        """Squared, to each row."""
        total = np.zeros(self._recorded.shape[1])
        # One parameter after the other: a sum in another order may round to other ties.
        for p, column in zip(self._space, self._recorded, strict=True):
            place = _place(p, config)
            if _is_category(p) or place == _INACTIVE:
                total += column != place
            elif p.when is None:
                total += (column - place) ** 2
            else:
                total += np.where(column == _INACTIVE, 1.0, (column - place) ** 2)
        return total


def _is_category(p: Parameter) -> bool:
    return isinstance(p, Categorical) and not isinstance(p, Ordinal)


def _place(p: Parameter, config: Config) -> float:
    """The coordinate of ``config``."""
    return p.to_unit(config[p.name]) if p.name in config else _INACTIVE

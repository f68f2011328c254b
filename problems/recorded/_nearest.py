"""The search for the recorded configuration that is nearest to a given one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpobench.api import Categorical, Config, Ordinal, Parameter, Space

_INACTIVE = -1.0
"""The coordinate of an inactive parameter. Active values are in the unit cube, far above it."""


def places(space: Space, configs: Sequence[Config]) -> NDArray[np.float64]:
    """The coordinates ``[parameters, configurations]`` of ``configs`` in the unit cube.

    An inactive parameter has a coordinate below the cube.
    """
    return np.array([[_place(p, config) for config in configs] for p in space])


class Nearest:
    """The recorded configuration with the least distance; the first one if there are ties.

    The distance is Euclidean in the unit cube of ``space``, in which parameters on a log scale are
    represented by their logarithms. The distance between different categories is 1, and so is the
    distance between a value and an inactive parameter.
    """

    def __init__(self, space: Space, recorded: NDArray[np.float64]) -> None:
        """``recorded``: the :func:`places` of the recorded configurations."""
        self._space, self._recorded = space, recorded

    def row(self, config: Config) -> int:
        return int(self.distances(config).argmin())

    def distances(self, config: Config) -> NDArray[np.float64]:
        """The squared distance from ``config`` to each recorded configuration."""
        total = np.zeros(self._recorded.shape[1])
        # The parameters are added one by one, because a sum in another order may round
        # differently and so produce other ties.
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
    """The coordinate of ``config`` for the parameter ``p``."""
    return p.to_unit(config[p.name]) if p.name in config else _INACTIVE

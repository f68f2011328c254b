"""The row numbers in tables that hold every configuration of a grid."""

from __future__ import annotations

import math
from operator import getitem

from hpobench.api import Config, Space, Value


class Grid:
    """The configurations of ``space``, numbered in the order of :meth:`Space.grid`.

    The space must be finite and have no conditions.
    """

    def __init__(self, space: Space) -> None:
        self.sizes = tuple(int(p.size) for p in space)
        """The number of values of each parameter, in the space's order."""
        self._space, self._names = space, space.names
        self._offsets = [
            {value: i * math.prod(self.sizes[k + 1 :]) for i, value in enumerate(p.grid(1))}
            for k, p in enumerate(space)
        ]
        """For each parameter, the amount that each of its values adds to a configuration's
        number."""

    def row(self, config: Config) -> int:
        """The number of ``config``; raises :class:`SpaceError` if it is not in the space."""
        try:
            values: list[Value] = [config[name] for name in self._names]
            return sum(map(getitem, self._offsets, values))
        except KeyError:
            self._space.check(config)
            raise

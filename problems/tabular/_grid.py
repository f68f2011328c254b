"""The rows of tables that hold every configuration of a grid."""

from __future__ import annotations

import math
from operator import getitem

from hpobench.api import Config, Space, Value


class Grid:
    """Numbers the configurations of ``space``, which is finite and has no conditions, in the
    order of :meth:`Space.grid`."""

    def __init__(self, space: Space) -> None:
        self.sizes = tuple(int(p.size) for p in space)
        """The numbers of choices in the space's order."""
        self._space, self._names = space, space.names
        self._offsets = [
            {value: i * math.prod(self.sizes[k + 1 :]) for i, value in enumerate(p.grid(1))}
            for k, p in enumerate(space)
        ]
        """For each parameter what each of its values adds to a configuration's number."""

    def row(self, config: Config) -> int:
        """The number of ``config``; raises :class:`SpaceError` if it has none."""
        try:
            values: list[Value] = [config[name] for name in self._names]
            return sum(map(getitem, self._offsets, values))
        except KeyError:
            self._space.check(config)
            raise

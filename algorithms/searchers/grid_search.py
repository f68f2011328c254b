"""Grid search over mixed and conditional spaces, without storing the grid."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hpobench.api import Config, Exhausted, Fidelity, Searcher, Space
from hpobench.kit import UsageError


class GridSearch(Searcher):
    """Grid search: every configuration of a grid once, in a seeded random order.

    ``resolution``: the number of values of each numeric parameter, at evenly spaced quantiles that
    include both bounds. Categorical and ordinal parameters contribute all their choices.

    ``shuffle``: whether the grid is visited in random order. In lexicographic order, a budget
    smaller than the grid explores only one corner: the first parameters keep their lowest values.
    """

    name = "grid"
    learns = False

    def __init__(
        self,
        space: Space,
        *,
        seed: int,
        fidelity: Fidelity,
        resolution: int = 4,
        shuffle: bool = True,
    ) -> None:
        if resolution < 1:
            raise UsageError(f"grid: resolution must be at least 1, not {resolution}")
        self._grid = IndexedGrid(space, resolution)
        size = self._grid.size
        self._order = permutation(size, Random(seed)) if shuffle else iter(range(size))

    def ask(self, trial: int) -> Config:
        index = next(self._order, None)
        if index is None:
            raise Exhausted(f"all {self._grid.size} configurations of the grid are proposed")
        return self._grid.at(index)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """Grid search does not learn."""


class IndexedGrid:
    """Random access to the configurations of ``space.grid(resolution)``.

    A configuration is found without generating those before it: the class counts how many
    configurations each choice leads to, and so knows for each parameter in turn which of its
    values an index belongs to.
    """

    def __init__(self, space: Space, resolution: int) -> None:
        self._space = space
        self._values = [p.grid(resolution) for p in space]
        # For each i, the parents of the parameters from the i-th on. A count of the ways to
        # complete a configuration depends only on their values.
        self._parents = [
            sorted({p.when.parent for p in space.parameters[i:] if p.when is not None})
            for i in range(len(space) + 1)
        ]
        self._counts: dict[tuple[object, ...], int] = {}

    @property
    def size(self) -> int:
        return self._count(0, {})

    def at(self, index: int) -> Config:
        """The configuration number ``index`` in the order of ``space.grid(resolution)``."""
        config: Config = {}
        for i, p in enumerate(self._space):
            if p.when is not None and not p.when.holds(config):
                continue
            for value in self._values[i]:
                config[p.name] = value
                below = self._count(i + 1, config)
                if index < below:
                    break
                index -= below
        return config

    def _count(self, i: int, config: Config) -> int:
        """The number of ways to complete ``config``, which holds the parameters before the
        ``i``-th."""
        values = [config.get(name) for name in self._parents[i]]
        key = (i, *values, *map(type, values))  # the types tell True from 1
        if key not in self._counts:
            self._counts[key] = self._count_afresh(i, config)
        return self._counts[key]

    def _count_afresh(self, i: int, config: Config) -> int:
        if i == len(self._space):
            return 1
        p = self._space.parameters[i]
        if p.when is not None and not p.when.holds(config):
            return self._count(i + 1, config)
        return sum(self._count(i + 1, {**config, p.name: value}) for value in self._values[i])


def permutation(size: int, rng: Random) -> Iterator[int]:
    """The numbers ``0..size-1`` in uniformly random order.

    This is the Fisher-Yates shuffle of an array that is never stored as a whole: ``moved`` holds
    only the entries that differ from their index. The memory therefore grows with the number of
    draws, not with ``size``.
    """
    moved: dict[int, int] = {}
    for i in range(size):
        j = rng.randrange(i, size)
        drawn = moved.pop(j, j)
        if j != i:
            moved[j] = moved.pop(i, i)
        yield drawn

"""Random search."""

from __future__ import annotations

from random import Random

from hpobench.api import Config, Fidelity, Searcher, Space


class RandomSearch(Searcher):
    """Random search: independent draws, the baseline that every searcher has to beat."""

    name = "random"
    learns = False

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        self._space = space
        self._rng = Random(seed)

    def ask(self, trial: int) -> Config:
        return self._space.sample(self._rng)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """Random search does not learn."""

# /// script
# requires-python = ">=3.11"
# dependencies = ["hyperopt==0.3.0"]
# ///
"""Hyperopt's TPE."""

from __future__ import annotations

from hpobench.api import Config, Fidelity, Searcher, Space


class HyperoptTPE(Searcher):
    """Draft."""

    name = "hyperopt-tpe"
    library = "hyperopt"
    preload = ("hyperopt",)

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        import random

        self._space, self._rng = space, random.Random(seed)

    def ask(self, trial: int) -> Config:
        return self._space.sample(self._rng)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        pass

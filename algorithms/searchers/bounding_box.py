"""Random search in the box of what was best on other data sets."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hpobench.api import Categorical, Config, Fidelity, Ordinal, Parameter, Searcher, Space, Value


class BoundingBox(Searcher):
    """Random search in the smallest box that holds the best configuration of each earlier data set.

    A number is drawn between the least and the greatest of these configurations, on the scale of
    its parameter, and a category among those that occur. Without a history this is random search.

    Perrone, Shen, Seeger, Archambeau and Jenatton, Learning search spaces for Bayesian
    optimization: Another view of hyperparameter transfer learning, NeurIPS 2019.
    """

    name = "bounding-box"
    conditional = False
    learns = False

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity) -> None:
        self._space = space
        self._rng = Random(seed)
        self._best: list[Config] = []

    def recall(self, history: Sequence[Sequence[tuple[Config, float]]]) -> None:
        self._best = [min(trials, key=lambda trial: trial[1])[0] for trials in history]

    def ask(self, trial: int) -> Config:
        return {p.name: self._drawn(p) for p in self._space}

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """The box stays as it is."""

    def _drawn(self, p: Parameter) -> Value:
        if not self._best:
            return p.from_unit(self._rng.random())
        values = [config[p.name] for config in self._best]
        if isinstance(p, Categorical) and not isinstance(p, Ordinal):
            return p.choices[self._rng.choice(sorted({p.index(value) for value in values}))]
        ends = [p.to_unit(value) for value in values]
        low, high = min(ends), max(ends)
        return p.from_unit(low + (high - low) * self._rng.random())

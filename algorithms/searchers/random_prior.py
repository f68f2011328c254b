"""Random search that draws from a prior."""

from __future__ import annotations

from random import Random

from hpobench.api import Config, Fidelity, Searcher, Space
from hpobench.kit import UsageError


class RandomPrior(Searcher):
    """Draws from the prior or at random: the baseline of searchers that take a prior.

    ``p``: the probability of a draw from the prior. Without a prior all draws are at random.
    """

    name = "random-prior"
    learns = False
    takes_prior = True

    def __init__(self, space: Space, *, seed: int, fidelity: Fidelity, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise UsageError(f"random-prior: p must be in 0 to 1, not {p}")
        self._space, self._p = space, p
        self._rng = Random(seed)

    def ask(self, trial: int) -> Config:
        believes = self._rng.random() < self._p
        if believes and self.prior is not None:
            return self.prior.sample(self._rng)
        return self._space.sample(self._rng)

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """Random draws do not learn."""

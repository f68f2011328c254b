"""A searcher: an algorithm that proposes configurations."""

from __future__ import annotations

from random import Random

from hpobench.api import Config, Fidelity, Searcher, Space


class MySearcher(Searcher):
    """Random search near the best configuration so far.

    ``explore``: the share of proposals that are drawn from the whole space.
    """

    name = "mine"
    # State here what the searcher can do, if it differs from the defaults of Searcher:
    # conditional = False     the searcher does not understand parameters that may be inactive
    # parallel = False        the searcher takes no account of running trials
    # multi_fidelity = True   the searcher is told the loss of every step, not only the last one

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, explore: float = 0.5
    ) -> None:
        self.space, self.rng, self.explore = space, Random(seed), explore
        self.asked: dict[int, Config] = {}
        self.best: tuple[float, Config] | None = None

    def ask(self, trial: int) -> Config:
        values = {p.name: p.from_unit(self.rng.random()) for p in self.space}
        if self.best is not None and self.rng.random() > self.explore:
            # About half of the best configuration's values are kept, but never all of them.
            kept = [n for n in self.best[1] if self.rng.random() < 0.5]
            anew = self.rng.choice(list(self.best[1]))
            values |= {n: self.best[1][n] for n in kept if n != anew}
        # Space.build leaves out inactive parameters and puts the others in the space's order.
        self.asked[trial] = self.space.build(values)
        return self.asked[trial]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final and (self.best is None or loss < self.best[0]):
            self.best = (loss, self.asked[trial])

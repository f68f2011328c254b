"""A searcher: what proposes configurations."""

from __future__ import annotations

from random import Random

from hpobench.api import Config, Fidelity, Searcher, Space


class Mine(Searcher):
    """Random search near the best configuration so far.

    ``explore``: the share of proposals that are drawn from all of the space.
    """

    name = "mine"
    # What it is capable of, where that differs from the defaults in hpobench/api.py:
    # conditional = False     it does not understand parameters that are only active sometimes
    # parallel = False        it takes no account of trials under way
    # multi_fidelity = True   it wants to be told of every step, not of a trial's last one alone

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, explore: float = 0.5
    ) -> None:
        self.space, self.rng, self.explore = space, Random(seed), explore
        self.asked: dict[int, Config] = {}
        self.best: tuple[float, Config] | None = None

    def ask(self, trial: int) -> Config:
        values = {p.name: p.from_unit(self.rng.random()) for p in self.space}
        if self.best is not None and self.rng.random() > self.explore:
            # Half of the best configuration's values are kept, and never all of them.
            kept = [n for n in self.best[1] if self.rng.random() < 0.5]
            anew = self.rng.choice(list(self.best[1]))
            values |= {n: self.best[1][n] for n in kept if n != anew}
        # Without parameters that are inactive, in the space's order.
        self.asked[trial] = self.space.build(values)
        return self.asked[trial]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        if final and (self.best is None or loss < self.best[0]):
            self.best = (loss, self.asked[trial])

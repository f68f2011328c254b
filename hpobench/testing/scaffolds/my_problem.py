"""A problem: a space to search, with recorded or modelled losses and costs."""

from __future__ import annotations

from hpobench.api import (
    Categorical,
    Config,
    Curve,
    Fidelity,
    Float,
    Reference,
    Space,
    TabulatedProblem,
)
from hpobench.kit import uniform


class MyProblem(TabulatedProblem):
    """A learning curve that depends on a rate and an optimiser.

    ``noise``: the largest amount by which a loss may lie above the curve.
    """

    name = "mine"
    space = Space([Float("rate", 1e-4, 1.0, log=True), Categorical("optimizer", ("sgd", "adam"))])
    fidelity = Fidelity("epoch", steps=27)

    def __init__(self, *, noise: float = 0.01) -> None:
        self.noise = noise

    def curve(self, config: Config, seed: int) -> Curve:
        rate, optimizer = float(config["rate"]), str(config["optimizer"])
        floor = (self.space["rate"].to_unit(rate) - 0.6) ** 2 + 0.1 * (optimizer == "sgd")
        # Noise depends only on the configuration and the seed, never on earlier calls.
        losses = [
            floor + 0.8**step + self.noise * uniform(seed, rate, optimizer, step)
            for step in range(1, self.fidelity.steps + 1)
        ]
        return Curve(losses, costs=[1.0] * len(losses))

    def reference(self) -> Reference | None:
        # When you know them, return Reference(optimum=..., clip=..., source="how it was found").
        return None

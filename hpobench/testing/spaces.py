"""The spaces that every searcher is put through."""

from __future__ import annotations

from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, When
from hpobench.contract.space import Space

SPACES = {
    "continuous": Space([Float("x", -5, 10), Float("rate", 1e-6, 1e-1, log=True)]),
    "mixed": Space(
        [
            Float("x", -5, 10),
            Int("layers", 1, 4),
            Int("width", 1, 1024, log=True),
            Ordinal("batch", (8, 32, 128)),
            # True and 1 are equal in Python but not the same choice.
            Categorical("kind", ("a", "b", True, 1)),
        ]
    ),
    "conditional": Space(
        [
            Categorical("model", ("tree", "net")),
            Int("depth", 1, 9, when=When("model", ("tree",))),
            Categorical("optimizer", ("sgd", "adam"), when=When("model", ("net",))),
            Float("momentum", 0.0, 0.99, when=When("optimizer", ("sgd",))),
            Float("rate", 1e-5, 1.0, log=True),
        ]
    ),
    "categorical": Space(
        [
            Categorical("a", ("p", "q", "r", "s")),
            Categorical("b", (True, False)),
            Categorical("c", (0.1, 0.2)),
        ]
    ),
}

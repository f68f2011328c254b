"""Jenatton's function, whose conditions form a tree."""

from __future__ import annotations

from hpobench.api import Categorical, Config, Curve, Float, Space, TabulatedProblem, When

LEAVES = {"x4": 0.1, "x5": 0.2, "x6": 0.3, "x7": 0.4}
"""The parameter of each leaf of the tree, and the leaf's offset."""


class Jenatton(TabulatedProblem):
    """Jenatton's tree: 3 of 9 parameters decide which 2 others count; the optimum is 0.1.

    The conditions form a binary tree of two levels. ``x1`` chooses a half of the tree, and ``x2``
    or ``x3`` a leaf of that half. The loss is the sum of the square of the leaf's parameter (``x4``
    to ``x7``), the leaf's offset (0.1 to 0.4) and the half's parameter (``r8`` or ``r9``). An
    evaluation takes 1 s.
    """

    name = "jenatton"
    source = 'Jenatton et al., "Bayesian Optimization with Tree-structured Dependencies", 2017'
    space = Space(
        [
            Categorical("x1", (0, 1)),
            Categorical("x2", (0, 1), when=When("x1", (0,))),
            Categorical("x3", (0, 1), when=When("x1", (1,))),
            Float("x4", -1.0, 1.0, when=When("x2", (0,))),
            Float("x5", -1.0, 1.0, when=When("x2", (1,))),
            Float("x6", -1.0, 1.0, when=When("x3", (0,))),
            Float("x7", -1.0, 1.0, when=When("x3", (1,))),
            Float("r8", 0.0, 1.0, when=When("x1", (0,))),
            Float("r9", 0.0, 1.0, when=When("x1", (1,))),
        ]
    )

    def curve(self, config: Config, seed: int) -> Curve:
        (leaf,) = LEAVES.keys() & config.keys()
        half = float(config["r9" if config["x1"] else "r8"])
        return Curve([float(config[leaf]) ** 2 + LEAVES[leaf] + half], [1.0])

    def optimum(self) -> tuple[float, str]:
        return LEAVES["x4"], "closed form, at x1 = x2 = x4 = r8 = 0"

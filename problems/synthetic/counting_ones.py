"""Stochastic counting ones."""

from __future__ import annotations

import numpy as np

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
from hpobench.errors import UsageError
from hpobench.seeding import derive_seed


class CountingOnes(TabulatedProblem):
    """Counting ones: binary parameters count as they are, continuous ones by Bernoulli draws.

    With ``d = categorical + continuous`` the loss is ``-1/d`` times the sum of the binary
    parameters and, for each continuous one, of the share of ones among the draws made so far
    with its value as the probability. Every step adds ``min_draws`` draws per continuous
    parameter and takes 1 s. The held-out loss is the expectation, the values' mean negated.

    Falkner, Klein and Hutter, "BOHB", 2018 (arXiv:1807.01774), define the sum and plot its regret
    divided by ``d``; here the loss itself is divided, so that the plain regret is theirs.
    """

    name = "counting-ones"
    # The draws are NumPy's, whose streams may change with its version.
    requires = ("numpy>=2",)
    heldout = True

    def __init__(
        self, *, categorical: int, continuous: int, max_draws: int = 729, min_draws: int = 9
    ) -> None:
        if categorical < 0 or continuous < 1:
            raise UsageError(
                "counting-ones needs categorical >= 0 and continuous >= 1, not "
                f"{categorical} and {continuous}"
            )
        if min_draws < 1 or max_draws < min_draws or max_draws % min_draws:
            raise UsageError(
                "counting-ones needs max_draws to be a multiple of min_draws, not "
                f"{max_draws} and {min_draws}"
            )
        self._binary = [f"cat{i}" for i in range(categorical)]
        self._continuous = [f"cont{i}" for i in range(continuous)]
        self.space = Space(
            [Categorical(name, (0, 1)) for name in self._binary]
            + [Float(name, 0.0, 1.0) for name in self._continuous]
        )
        steps = max_draws // min_draws
        self.fidelity = Fidelity("draws", steps, min_draws)
        self._draws_so_far = min_draws * np.arange(1, steps + 1)

    def curve(self, config: Config, seed: int) -> Curve:
        fixed = sum(int(config[name]) for name in self._binary)
        p = [float(config[name]) for name in self._continuous]
        steps, dimension = self.fidelity.steps, len(self.space)
        own_seed = derive_seed("counting-ones", seed, fixed, *p, bits=64)
        rng = np.random.Generator(np.random.PCG64(own_seed))
        ones = rng.binomial(int(self.fidelity.unit), p, (steps, len(p))).sum(axis=1).cumsum()
        losses = -(fixed + ones / self._draws_so_far) / dimension
        expectation = -(fixed + sum(p)) / dimension
        return Curve(losses.tolist(), [1.0] * steps, [expectation] * steps)

    def reference(self) -> Reference:
        return Reference(
            optimum=-1.0,
            clip=-0.5,
            source="exact: all ones; the expectation is distributed symmetrically around -1/2",
        )

"""The stochastic counting-ones problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hpobench.api import (
    Categorical,
    Config,
    Curve,
    Fidelity,
    Float,
    Space,
    TabulatedProblem,
)
from hpobench.kit import UsageError, derive_seed


class CountingOnes(TabulatedProblem):
    """Counting ones: binary parameters count as they are, continuous ones by Bernoulli draws.

    A continuous parameter is the probability of a one, and contributes the share of ones among the
    draws made so far. With ``d = categorical + continuous``, the loss is ``-1/d`` times the sum of
    the binary parameters and of these shares. Every step adds ``min_draws`` draws for each
    continuous parameter and takes 1 s. The held-out loss is the expectation of the loss, which is
    the negated mean of all values.

    The source defines the sum as the objective, and plots its regret divided by ``d``. Here the
    loss itself is divided by ``d``, so that its regret equals the one that the source plots.
    """

    name = "counting-ones"
    source = 'Falkner, Klein and Hutter, "BOHB", 2018 (arXiv:1807.01774)'
    # The version of NumPy is part of a result because NumPy's streams may change with it.
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
        self._key = f"{categorical}+{continuous}-draws{max_draws}"

    def curve(self, config: Config, seed: int) -> Curve:
        import numpy as np

        fixed = sum(int(config[name]) for name in self._binary)
        p = [float(config[name]) for name in self._continuous]
        steps, dimension = self.fidelity.steps, len(self.space)
        own_seed = derive_seed("counting-ones", seed, fixed, *p, bits=64)
        rng = np.random.Generator(np.random.PCG64(own_seed))
        unit = int(self.fidelity.unit)
        ones = rng.binomial(unit, p, (steps, len(p))).sum(axis=1).cumsum()
        losses = -(fixed + ones / (unit * np.arange(1, steps + 1))) / dimension
        expectation = -(fixed + sum(p)) / dimension
        return Curve(losses.tolist(), [1.0] * steps, [expectation] * steps)

    @classmethod
    def members(cls) -> Iterable[Mapping[str, Any]]:
        return [{"categorical": n, "continuous": n} for n in (4, 8, 16, 32)]

    @property
    def key(self) -> str:
        return self._key

    def optimum(self) -> tuple[float, str]:
        return -1.0, "by construction, all ones"

    def estimate(self) -> float:
        return float(self.fidelity.steps)

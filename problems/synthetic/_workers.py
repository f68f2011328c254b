"""How much longer than usual workers take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from hpobench.kit import UsageError, derive_seed


@dataclass(frozen=True)
class Stragglers:
    """Each step is late with probability ``share``, and then takes ``slowdown`` times as long.

    With a ``tail`` the factor is not always the same but ``slowdown`` times a Pareto variable
    of that exponent (``P(X > x) = x^-tail`` for ``x >= 1``): the smaller the heavier, with an
    infinite variance up to 2 and an infinite mean up to 1.
    """

    share: float
    slowdown: float
    tail: float | None

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise UsageError(f"stragglers is a share of the steps, 0 to 1, not {self.share}")
        if not (math.isfinite(self.slowdown) and self.slowdown >= 1):
            raise UsageError(f"slowdown is a factor of at least 1, not {self.slowdown}")
        if self.tail is not None and not (math.isfinite(self.tail) and self.tail > 0):
            raise UsageError(f"tail is a positive exponent, not {self.tail}")

    def factors(self, steps: int, *parts: object) -> list[float]:
        """What each step's duration is multiplied by, drawn from ``parts``."""
        if not self.share:
            return [1.0] * steps
        rng = Random(derive_seed(*parts, bits=64))
        draws = [(rng.random(), rng.random()) for _ in range(steps)]
        return [self._delay(u) if late < self.share else 1.0 for late, u in draws]

    def _delay(self, u: float) -> float:
        return self.slowdown if self.tail is None else self.slowdown * (1 - u) ** (-1 / self.tail)

"""Random delays of workers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from hpobench.kit import UsageError, derive_seed


@dataclass(frozen=True)
class Stragglers:
    """Each step is late with probability ``share``, and then takes ``slowdown`` times as long.

    With a ``tail``, the factor is ``slowdown`` times a Pareto variable of this exponent
    (``P(X > x) = x^-tail`` for ``x >= 1``). The smaller the exponent, the heavier the tail: up to 2
    the variance is infinite, and up to 1 the mean is infinite too.

    Raises :class:`UsageError` if a number is outside its range.
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
        """The factor of the duration of each step, drawn from ``parts``."""
        if not self.share:
            return [1.0] * steps
        rng = Random(derive_seed(*parts, bits=64))
        draws = [(rng.random(), rng.random()) for _ in range(steps)]
        return [self._delay(u) if late < self.share else 1.0 for late, u in draws]

    def _delay(self, u: float) -> float:
        return self.slowdown if self.tail is None else self.slowdown * (1 - u) ** (-1 / self.tail)

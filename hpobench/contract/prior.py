"""Priors: beliefs about where good configurations lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Any

from hpobench.contract.errors import UsageError
from hpobench.contract.parameters import Categorical, Parameter, Value
from hpobench.contract.space import Config, Space

SUREST = 0.01
"""The smallest standard deviation of a prior. Libraries compute densities of narrower ones as 0
almost everywhere."""
_LEAST = 2.0**-53


@dataclass(frozen=True)
class Prior:
    """A belief that good configurations lie around ``centre``, in each parameter by itself.

    Numbers and ordinals are normal around their value in ``centre``, cut at their bounds. Their
    standard deviation is ``deviation``, in the unit cube's coordinates. A category has the choice
    of ``centre`` with probability ``1 - deviation``, and else any of its choices, all alike.
    Parameters that are inactive in ``centre`` are uniform.

    Raises :class:`UsageError` if ``deviation`` is not from ``SUREST`` to 1, and
    :class:`SpaceError` if ``centre`` is no configuration of ``space``.
    """

    space: Space
    centre: Config
    deviation: float

    def __post_init__(self) -> None:
        if not SUREST <= self.deviation <= 1:
            raise UsageError(
                f"a prior's standard deviation must be from {SUREST} to 1, the length of the unit "
                f"cube, not {self.deviation}"
            )
        self.space.check(self.centre)

    def sample(self, rng: Random) -> Config:
        """A random configuration; it takes as many numbers from ``rng`` as ``space.sample``."""
        return self.space.build({p.name: self._value(p, rng.random()) for p in self.space})

    def weights(self, p: Categorical) -> list[float]:
        """The probabilities of the choices of ``p``."""
        rest = self.deviation if p.name in self.centre else 1.0
        weights = [rest / len(p.choices)] * len(p.choices)
        if p.name in self.centre:
            weights[p.index(self.centre[p.name])] += 1 - rest
        return weights

    def _value(self, p: Parameter, u: float) -> Value:
        """The value of ``p`` at the quantile ``u``, which is in ``[0, 1)``."""
        if p.name not in self.centre:
            return p.from_unit(u)
        if type(p) is Categorical:
            for choice, weight in zip(p.choices, self.weights(p), strict=True):
                if (u := u - weight) < 0:
                    return choice
            return p.choices[-1]
        normal = NormalDist(p.to_unit(self.centre[p.name]), self.deviation)
        low, high = normal.cdf(0), normal.cdf(1)
        # Where the bounds are many deviations away, rounding leaves 0 or 1, which have no quantile.
        at = min(max(low + u * (high - low), _LEAST), 1 - _LEAST)
        return p.from_unit(min(max(normal.inv_cdf(at), 0.0), 1.0))

    def to_json(self) -> dict[str, Any]:
        """Plain types, which :meth:`from_json` reads back."""
        return {"centre": self.centre, "deviation": self.deviation}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], space: Space) -> Prior:
        """The prior on ``space`` that :meth:`to_json` wrote as ``stored``."""
        return cls(space, dict(stored["centre"]), stored["deviation"])

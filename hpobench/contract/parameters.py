"""The parameters of a search space: numbers and choices, each with its condition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from hpobench.contract.errors import SpaceError

Value: TypeAlias = int | float | str | bool


@dataclass(frozen=True)
class When:
    """A condition: its parameter is active while ``parent`` is active and has one of ``values``."""

    parent: str
    values: tuple[Value, ...]

    def holds(self, config: Mapping[str, Value]) -> bool:
        """Whether ``config``, which holds active parameters only, meets the condition."""
        if self.parent not in config:
            return False
        value = config[self.parent]
        # Python takes True for 1, but they are different choices; 1 and 1.0 are the same number.
        return any(
            v == value and isinstance(v, bool) == isinstance(value, bool) for v in self.values
        )


@dataclass(frozen=True)
class Float:
    """A real parameter in ``[low, high]``, uniform, or log-uniform if ``log`` is true."""

    kind: ClassVar[str] = "float"
    name: str
    low: float
    high: float
    log: bool = False
    when: When | None = None
    cheap: float | None = None
    """The value at which trials cost the least, if that is known."""

    def __post_init__(self) -> None:
        _check_bounds(self)

    def from_unit(self, u: float) -> float:
        """The value at quantile ``u`` in ``[0, 1]`` of this parameter's distribution."""
        if u in (0, 1):  # exactly: rounding must not miss the bounds
            return self.high if u else self.low
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            value = math.exp(low + u * (high - low))
        else:
            value = self.low + u * (self.high - self.low)
        return min(max(value, self.low), self.high)

    def to_unit(self, value: Value) -> float:
        """The quantile of ``value``: the inverse of :meth:`from_unit`."""
        x = float(value)
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(x) - low) / (high - low)
        return (x - self.low) / (self.high - self.low)

    def grid(self, resolution: int) -> list[float]:
        """``resolution`` values at evenly spaced quantiles, both bounds included."""
        if resolution == 1:
            return [self.from_unit(0.5)]
        return [self.from_unit(i / (resolution - 1)) for i in range(resolution)]

    def contains(self, value: object) -> bool:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )

    @property
    def size(self) -> float:
        return math.inf


@dataclass(frozen=True)
class Int:
    """An integer parameter from ``low`` to ``high``, both included.
    It is uniform, or log-uniform if ``log`` is true."""

    kind: ClassVar[str] = "int"
    name: str
    low: int
    high: int
    log: bool = False
    when: When | None = None
    cheap: int | None = None
    """The value at which trials cost the least, if that is known."""

    def __post_init__(self) -> None:
        _check_bounds(self)

    def from_unit(self, u: float) -> int:
        # Every integer owns half a unit to each side. With a plain round() the two bounds would
        # be half as likely as the other integers.
        low, high = self.low - 0.5, self.high + 0.5
        if self.log:
            x = math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
        else:
            x = low + u * (high - low)
        return min(max(math.floor(x + 0.5), self.low), self.high)

    def to_unit(self, value: Value) -> float:
        low, high, x = self.low - 0.5, self.high + 0.5, float(value)
        if self.log:
            return (math.log(x) - math.log(low)) / (math.log(high) - math.log(low))
        return (x - low) / (high - low)

    def grid(self, resolution: int) -> list[int]:
        """At most ``resolution`` distinct values at evenly spaced quantiles, bounds included."""
        if self.high - self.low + 1 <= resolution:
            return list(range(self.low, self.high + 1))
        if resolution == 1:
            return [self.from_unit(0.5)]
        return sorted({self.from_unit(i / (resolution - 1)) for i in range(resolution)})

    def contains(self, value: object) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high

    @property
    def size(self) -> float:
        return self.high - self.low + 1


@dataclass(frozen=True)
class Categorical:
    """A parameter that takes one of ``choices``, which have no order."""

    kind: ClassVar[str] = "categorical"
    name: str
    choices: tuple[Value, ...]
    when: When | None = None
    cheap: Value | None = None
    """The choice with which trials cost the least, if that is known."""

    def __post_init__(self) -> None:
        if not self.choices:
            raise SpaceError(f"{self.name!r} has no choices")
        if len({(type(c), c) for c in self.choices}) < len(self.choices):
            raise SpaceError(f"{self.name!r} has the same choice twice")

    def from_unit(self, u: float) -> Value:
        return self.choices[min(int(u * len(self.choices)), len(self.choices) - 1)]

    def to_unit(self, value: Value) -> float:
        return (self.index(value) + 0.5) / len(self.choices)

    def index(self, value: object) -> int:
        """The position of ``value`` among the choices; ``True``, 1 and 1.0 are different choices.
        Raises :class:`ValueError` if ``value`` is not a choice."""
        for i, choice in enumerate(self.choices):
            if type(choice) is type(value) and choice == value:
                return i
        raise ValueError(f"{self.name!r} never takes {value!r}")

    def grid(self, resolution: int) -> list[Value]:  # noqa: ARG002 - see below
        """Every choice, because no category lies between two others and could be left out."""
        return list(self.choices)

    def contains(self, value: object) -> bool:
        return any(type(choice) is type(value) and choice == value for choice in self.choices)

    @property
    def size(self) -> float:
        return len(self.choices)


@dataclass(frozen=True)
class Ordinal(Categorical):
    """A parameter that takes one of ``choices``, which are ordered: neighbours are alike."""

    kind: ClassVar[str] = "ordinal"


Parameter: TypeAlias = Float | Int | Categorical | Ordinal


def _check_bounds(p: Float | Int) -> None:
    if not (math.isfinite(p.low) and math.isfinite(p.high) and p.low < p.high):
        raise SpaceError(f"{p.name!r} needs finite low < high, not {p.low} and {p.high}")
    if p.log and p.low <= 0:
        raise SpaceError(f"{p.name!r} is on a log scale and needs low > 0, not {p.low}")

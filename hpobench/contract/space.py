"""Search spaces: ordered parameters, some of them active only under a condition.

Standard library only, so that a plugin running in another environment can use it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, TypeAlias

from hpobench.contract.errors import SpaceError

Value: TypeAlias = int | float | str | bool
Config: TypeAlias = dict[str, Value]


@dataclass(frozen=True)
class When:
    """The parameter is active only while ``parent`` is active and has one of ``values``."""

    parent: str
    values: tuple[Value, ...]

    def holds(self, config: Mapping[str, Value]) -> bool:
        if self.parent not in config:
            return False
        value = config[self.parent]
        # To Python True equals 1, but it is another choice; 1 and 1.0 are the same number.
        return any(
            v == value and isinstance(v, bool) == isinstance(value, bool) for v in self.values
        )


@dataclass(frozen=True)
class Float:
    """A real number in ``[low, high]``, uniform, or log-uniform when ``log``."""

    kind: ClassVar[str] = "float"
    name: str
    low: float
    high: float
    log: bool = False
    when: When | None = None
    cheap: float | None = None
    """Where trials cost the least, if that is known."""

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
    """An integer in ``low..high``, both included, uniform, or log-uniform when ``log``."""

    kind: ClassVar[str] = "int"
    name: str
    low: int
    high: int
    log: bool = False
    when: When | None = None
    cheap: int | None = None
    """Where trials cost the least, if that is known."""

    def __post_init__(self) -> None:
        _check_bounds(self)

    def from_unit(self, u: float) -> int:
        # Every integer owns the interval half a unit to each side, so that the two bounds
        # are as likely as the rest (a plain round() would halve them).
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
    """One of ``choices``, without an order."""

    kind: ClassVar[str] = "categorical"
    name: str
    choices: tuple[Value, ...]
    when: When | None = None
    cheap: Value | None = None
    """With which trials cost the least, if that is known."""

    def __post_init__(self) -> None:
        _check_choices(self)

    def from_unit(self, u: float) -> Value:
        return self.choices[min(int(u * len(self.choices)), len(self.choices) - 1)]

    def to_unit(self, value: Value) -> float:
        return (self.index(value) + 0.5) / len(self.choices)

    def index(self, value: object) -> int:
        """Where ``value`` stands among the choices, to which ``True``, 1 and 1.0 are different.

        Raises :class:`ValueError` if it is none of them.
        """
        for i, choice in enumerate(self.choices):
            if type(choice) is type(value) and choice == value:
                return i
        raise ValueError(f"{self.name!r} never takes {value!r}")

    def grid(self, resolution: int) -> list[Value]:  # noqa: ARG002 - see below
        """Every choice: there is nothing between two categories to leave out."""
        return list(self.choices)

    def contains(self, value: object) -> bool:
        return any(type(choice) is type(value) and choice == value for choice in self.choices)

    @property
    def size(self) -> float:
        return len(self.choices)


@dataclass(frozen=True)
class Ordinal(Categorical):
    """One of ``choices``, in their order: neighbours are alike."""

    kind: ClassVar[str] = "ordinal"


Parameter: TypeAlias = Float | Int | Categorical | Ordinal
_KINDS: dict[str, type[Parameter]] = {c.kind: c for c in (Float, Int, Categorical, Ordinal)}


@dataclass(frozen=True)
class Space:
    """Ordered parameters; a parent stands before the parameters that depend on it.

    A *configuration* is a dict that holds exactly the active parameters, in this order.
    """

    parameters: tuple[Parameter, ...]

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        object.__setattr__(self, "parameters", tuple(parameters))
        seen: dict[str, Parameter] = {}
        for p in self.parameters:
            if p.name in seen:
                raise SpaceError(f"parameter {p.name!r} is defined twice")
            if p.when is not None:
                parent = seen.get(p.when.parent)
                if parent is None:
                    raise SpaceError(
                        f"parameter {p.name!r} depends on {p.when.parent!r}, "
                        "which must stand before it in the space"
                    )
                for value in p.when.values:
                    if not parent.contains(value):
                        raise SpaceError(
                            f"parameter {p.name!r} waits for {parent.name} = {value!r}, "
                            f"which {parent.name!r} never takes"
                        )
            if p.cheap is not None and not p.contains(p.cheap):
                raise SpaceError(f"{p.name!r} is cheap at {p.cheap!r}, which it never takes")
            seen[p.name] = p

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def __getitem__(self, name: str) -> Parameter:
        for p in self.parameters:
            if p.name == name:
                return p
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        return [p.name for p in self.parameters]

    @property
    def conditional(self) -> bool:
        """Whether some parameter is not always active."""
        return any(p.when is not None for p in self.parameters)

    @property
    def cheap(self) -> Config:
        """The cheap values of those parameters that have one: FLAML's low-cost partial
        configuration."""
        return {p.name: p.cheap for p in self.parameters if p.cheap is not None}

    def build(self, values: Mapping[str, Value]) -> Config:
        """The configuration made of the active ones of ``values``, in the space's order."""
        config: Config = {}
        for p in self.parameters:
            if p.when is None or p.when.holds(config):
                config[p.name] = values[p.name]
        return config

    def from_unit(self, point: Sequence[float]) -> Config:
        """The configuration at a point of the unit cube, one coordinate a parameter.

        Coordinates of inactive parameters are ignored.
        """
        return self.build(
            {p.name: p.from_unit(u) for p, u in zip(self.parameters, point, strict=True)}
        )

    def sample(self, rng: Random) -> Config:
        """One random configuration; every parameter draws, active or not, so that the
        stream of numbers does not depend on the values drawn."""
        return self.from_unit([rng.random() for _ in self.parameters])

    def grid(self, resolution: int) -> Iterator[Config]:
        """Every distinct configuration of a grid, the last parameter moving fastest.

        ``resolution`` bounds the values of each numeric parameter; categories give all.
        """
        if resolution < 1:
            raise SpaceError(f"a grid's resolution is at least 1, not {resolution}")
        yield from self._grid({}, 0, [p.grid(resolution) for p in self.parameters])

    def _grid(self, config: Config, i: int, values: list[Any]) -> Iterator[Config]:
        if i == len(self.parameters):
            yield dict(config)
            return
        p = self.parameters[i]
        if p.when is not None and not p.when.holds(config):
            yield from self._grid(config, i + 1, values)
            return
        for value in values[i]:
            config[p.name] = value
            yield from self._grid(config, i + 1, values)
        del config[p.name]

    def check(self, config: Mapping[str, object]) -> None:
        """Raise :class:`SpaceError` unless ``config`` holds exactly the active parameters,
        each within its bounds."""
        unknown = set(config) - set(self.names)
        if unknown:
            raise SpaceError(f"no such parameter: {', '.join(sorted(unknown))}")
        active: Config = {}
        for p in self.parameters:
            if p.when is not None and not p.when.holds(active):
                if p.name in config:
                    raise SpaceError(f"{p.name!r} is set although {p.when.parent!r} turns it off")
                continue
            if p.name not in config:
                raise SpaceError(f"{p.name!r} is missing")
            value = config[p.name]
            if not p.contains(value):
                raise SpaceError(f"{p.name} = {value!r} is not in {p}")
            active[p.name] = value  # type: ignore[assignment]

    def to_json(self) -> list[dict[str, Any]]:
        """A list of plain dicts that :meth:`from_json` reads back."""
        rows = []
        for p in self.parameters:
            row: dict[str, Any] = {"kind": p.kind, "name": p.name}
            if isinstance(p, Float | Int):
                row |= {"low": p.low, "high": p.high, "log": p.log}
            else:
                row["choices"] = list(p.choices)
            if p.cheap is not None:
                row["cheap"] = p.cheap
            if p.when is not None:
                row["when"] = {"parent": p.when.parent, "values": list(p.when.values)}
            rows.append(row)
        return rows

    @classmethod
    def from_json(cls, rows: Sequence[Mapping[str, Any]]) -> Space:
        parameters = []
        for row in rows:
            fields = dict(row)
            kind = _KINDS[fields.pop("kind")]
            if "choices" in fields:
                fields["choices"] = tuple(fields["choices"])
            if (when := fields.pop("when", None)) is not None:
                fields["when"] = When(when["parent"], tuple(when["values"]))
            parameters.append(kind(**fields))
        return cls(parameters)


def _check_bounds(p: Float | Int) -> None:
    if not (math.isfinite(p.low) and math.isfinite(p.high) and p.low < p.high):
        raise SpaceError(f"{p.name!r} needs finite low < high, not {p.low} and {p.high}")
    if p.log and p.low <= 0:
        raise SpaceError(f"{p.name!r} is on a log scale and needs low > 0, not {p.low}")


def _check_choices(p: Categorical) -> None:
    if not p.choices:
        raise SpaceError(f"{p.name!r} has no choices")
    if len({(type(c), c) for c in p.choices}) < len(p.choices):
        raise SpaceError(f"{p.name!r} has the same choice twice")

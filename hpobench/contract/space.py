"""Search spaces: ordered parameters, some of them active only under a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from hpobench.contract.errors import SpaceError
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, Parameter, Value, When

Config: TypeAlias = dict[str, Value]
_KINDS: dict[str, type[Parameter]] = {c.kind: c for c in (Float, Int, Categorical, Ordinal)}


@dataclass(frozen=True)
class Space:
    """A search space: ordered parameters, each parent before the parameters that depend on it.
    A *configuration* is a dict of the active parameters by name, in this order. Raises
    :class:`SpaceError` for parameters that contradict each other."""

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
        """The cheap values of the parameters that have one.
        FLAML calls this its low-cost partial configuration."""
        return {p.name: p.cheap for p in self.parameters if p.cheap is not None}

    def build(self, values: Mapping[str, Value]) -> Config:
        """The configuration that takes the active parameters from ``values``, in order."""
        config: Config = {}
        for p in self.parameters:
            if p.when is None or p.when.holds(config):
                config[p.name] = values[p.name]
        return config

    def from_unit(self, point: Sequence[float]) -> Config:
        """The configuration at ``point`` of the unit cube, which has a coordinate per parameter.
        Coordinates of inactive parameters are ignored."""
        return self.build(
            {p.name: p.from_unit(u) for p, u in zip(self.parameters, point, strict=True)}
        )

    def sample(self, rng: Random) -> Config:
        """A random configuration. Inactive parameters draw a number too, so that the stream of
        numbers does not depend on the values drawn."""
        return self.from_unit([rng.random() for _ in self.parameters])

    def grid(self, resolution: int) -> Iterator[Config]:
        """Every distinct configuration of a grid, with the last parameter moving fastest.
        ``resolution`` is the largest number of values of a numeric parameter; a parameter with
        choices takes all of them. Raises :class:`SpaceError` for a resolution below 1."""
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
        """Raise :class:`SpaceError` if ``config`` is not a configuration of this space.
        It must hold exactly the active parameters, each within its bounds."""
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
        """The parameters as plain dicts, which :meth:`from_json` reads back."""
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
        """The space that :meth:`to_json` wrote as ``rows``."""
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

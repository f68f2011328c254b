"""A ``param_space`` in Ray Tune's own terms as a :class:`Space`, and its configurations back.

Nested keys become names like ``model.layers``. (Some libraries keep the slash, with which Ray joins
keys, for themselves.) Constants are left to Ray, which puts them into every trial's configuration
itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ray.tune.search import sample
from ray.tune.search.variant_generator import parse_spec_vars

from hpobench.api import Categorical, Config, Float, Int, Space
from hpobench.bridges.keys import Path, SpaceKey, choice_key, flat, key_name
from hpobench.contract.errors import SpaceError

_ROUNDING = 1e-9


class ParamSpace:
    """The domains of ``param_space``, a dict as for ``tune.Tuner``.

    Raises :class:`SpaceError`, naming the key, for what no searcher of hpobench understands:
    ``grid_search``, ``sample_from``, normal distributions, and domains inside of lists.
    """

    def __init__(self, param_space: Mapping[str, Any]) -> None:
        self._keys = [_key(path, domain) for path, domain in _domains(param_space)]
        if not self._keys:
            raise SpaceError(
                "param_space has no domain, such as tune.uniform(0, 1): nothing varies"
            )
        self.space = Space([key.parameter for key in self._keys])
        self._paths = {key.path for key in self._keys}
        self._known = {name for name, _ in flat(param_space, self._paths)} | set(self.space.names)

    def to_ray(self, config: Config) -> dict[str, Any]:
        """``config``, a configuration of ``space``, as nested dicts of the values of its keys."""
        nested: dict[str, Any] = {}
        for key in self._keys:
            folder = nested
            for name in key.path[:-1]:
                folder = folder.setdefault(name, {})
            folder[key.path[-1]] = key.to_value(config[key.parameter.name])
        return nested

    def from_ray(self, point: Mapping[str, Any]) -> Config:
        """The configuration at ``point``, with nested keys or with Ray's, like ``model/layers``;
        constants do not count. Raises :class:`SpaceError` where the space has none."""
        given = dict(flat(point, self._paths))
        if unknown := set(given) - self._known:
            raise SpaceError(f"no such parameter: {', '.join(sorted(unknown))}")
        config: Config = {}
        for key in self._keys:
            name = key.parameter.name
            if name not in given:
                raise SpaceError(f"{name!r} is missing")
            try:
                config[name] = key.from_value(given[name])
            except (TypeError, ValueError, OverflowError) as error:
                raise SpaceError(f"{name} = {given[name]!r} is not in its domain") from error
        self.space.check(config)
        return config


def _domains(param_space: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in param_space.items():
        path = (*above, key)
        if not isinstance(key, str):
            raise SpaceError(f"param_space key {key_name(path)}: keys are strings, not {key!r}")
        if isinstance(value, sample.Domain):
            yield path, value
        elif isinstance(value, Mapping) and "grid_search" not in value:
            yield from _domains(value, path)
        elif any(parse_spec_vars({"value": value})[1:]):
            yield path, value


def _key(path: Path, domain: Any) -> SpaceKey:
    sampler = domain.get_sampler() if isinstance(domain, sample.Domain) else None
    step = None
    if isinstance(sampler, sample.Quantized):
        sampler, step = sampler.get_sampler(), sampler.q
    log = isinstance(sampler, sample.LogUniform)
    if isinstance(domain, sample.Categorical) and isinstance(sampler, sample.Uniform):
        return choice_key(path, domain.categories)
    if not (log or isinstance(sampler, sample.Uniform)):
        raise SpaceError(f"param_space key {key_name(path)}: {_refusal(domain)}")
    if isinstance(domain, sample.Float) and step is None:
        return SpaceKey(path, Float(key_name(path), domain.lower, domain.upper, log))
    return _multiples(path, domain, step or 1, log)


def _multiples(path: Path, domain: Any, step: float, log: bool) -> SpaceKey:
    """The multiples of ``step``, by their factor."""
    integer = isinstance(domain, sample.Integer)
    # As in Ray, a bound that is no multiple is rounded inwards.
    low = math.ceil(domain.lower / step - _ROUNDING)
    # Ray's integers exclude their upper bound unless they are quantized by more than 1.
    high = math.floor(domain.upper / step + _ROUNDING) - (integer and step == 1)

    def to_value(factor: Any) -> Any:
        return int(factor * step) if integer else float(factor * step)

    def from_value(value: Any) -> int:
        factor: int = round(value / step)
        if not math.isclose(factor * step, value, abs_tol=_ROUNDING):
            raise ValueError(f"{value!r} is no multiple of {step!r}")
        return factor

    name = key_name(path)
    parameter = Categorical(name, (low,)) if low == high else Int(name, low, high, log)
    return SpaceKey(path, parameter, to_value, from_value)


def _refusal(domain: Any) -> str:
    if isinstance(domain, sample.Function):
        return "sample_from can be learnt by no searcher; give a domain such as tune.uniform"
    if isinstance(domain, Mapping) or (isinstance(domain, sample.Domain) and domain.is_grid()):
        return "grid_search is not mixed with a searcher; give tune.choice, or search with 'grid'"
    if isinstance(domain, sample.Domain):
        return "a normal distribution has no bounds; give tune.uniform or tune.loguniform"
    return "a domain inside of a list; give it a key of its own in a dict"

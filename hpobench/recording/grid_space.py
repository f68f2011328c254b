"""The space of a recorded grid, which holds the recorded values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hpobench.contract.parameters import Float, Int, Ordinal, Parameter, When
from hpobench.contract.space import Config, Space


def grid_space(space: Space, configs: Iterable[Config]) -> Space:
    """``space`` with each numeric parameter replaced by its ordered values in ``configs``.

    The values come from the trials, because values computed again may differ in the last bit on
    another machine. A parameter that no trial has is left out, and so are values in conditions
    that no trial has.
    """
    configs = list(configs)
    kept: dict[str, Parameter] = {}
    for p in space:
        values = {config[p.name] for config in configs if p.name in config}
        if not values:
            continue
        when = p.when
        if when is not None:
            parent = kept[when.parent]
            when = When(when.parent, tuple(v for v in when.values if parent.contains(v)))
        if isinstance(p, Float | Int):
            cheap = p.cheap if p.cheap in values else None
            kept[p.name] = Ordinal(p.name, tuple(sorted(values)), when, cheap)
        else:
            kept[p.name] = replace(p, when=when)
    return Space(list(kept.values()))

"""Parameters that only some trials have: the condition is found in the trials, or asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hpobench.contract.errors import UsageError
from hpobench.contract.parameters import Categorical, Float, Parameter, Value, When
from hpobench.contract.space import Space

_MOST_VALUES = 50
"""Distinct values of a parameter that another one may wait for."""

Params = Mapping[str, Value]


def with_conditions(
    where: str, parameters: Sequence[Parameter], trials: Sequence[Params], names: Sequence[str]
) -> tuple[Space, list[str]]:
    """The space of ``parameters``, with conditions for those that only some of ``trials`` have.

    A parameter waits for another one if that one's value alone tells, in every trial, whether it is
    there. Raises :class:`UsageError`, naming a trial and a parameter, unless exactly one does, of
    those that are there most often. Also returns what was found, a sentence each.
    """
    having = {p.name: [p.name in params for params in trials] for p in parameters}
    ordered = sorted(parameters, key=lambda p: -sum(having[p.name]))  # stable: parents first
    made: list[Parameter] = []
    notes: list[str] = []
    for p in ordered:
        if all(having[p.name]):
            made.append(p)
            continue
        found = [w for parent in made if (w := _condition(p.name, parent, trials)) is not None]
        # What waits for a parameter tells of it, too; so the one that most trials have counts.
        most = max((sum(having[when.parent]) for when in found), default=0)
        found = [when for when in found if sum(having[when.parent]) == most]
        if len(found) != 1:
            tells = f"each of {', '.join(repr(when.parent) for when in found)} tells which"
            raise UsageError(
                f"{where}: {names[having[p.name].index(False)]} has no {p.name!r}, which "
                f"{sum(having[p.name])} of {len(trials)} trials have, and "
                f"{tells if found else 'no other parameter tells which'}; say with --space on what "
                "it depends: {when: {parent: value}}"
            )
        (when,) = found
        made.append(replace(p, when=when))
        values = " or ".join(map(str, when.values))
        notes.append(f"{p.name} is there for {when.parent} = {values}, so the trials say")
    return Space(made), notes


def _condition(name: str, parent: Parameter, trials: Sequence[Params]) -> When | None:
    """The condition by which ``parent`` tells whether ``name`` is there, if it does."""
    if isinstance(parent, Float):
        return None
    there: dict[tuple[type, Value], bool] = {}
    for params in trials:
        if parent.name not in params:
            if name in params:
                return None
            continue
        value = params[parent.name]
        if there.setdefault((type(value), value), name in params) != (name in params):
            return None
    if len(there) > _MOST_VALUES or all(there.values()):
        return None
    return When(parent.name, _active(parent, there))


def _active(parent: Parameter, there: Mapping[tuple[type, Value], bool]) -> tuple[Value, ...]:
    """The values of ``parent`` with the parameter; numbers that no trial had are like the nearest
    that one had."""
    if isinstance(parent, Categorical):
        return tuple(c for c in parent.choices if there.get((type(c), c), False))
    seen = {value: active for (_, value), active in there.items()}
    if parent.size > _MOST_VALUES:
        return tuple(sorted(value for value, active in seen.items() if active))
    whole = range(int(parent.low), int(parent.high) + 1)
    return tuple(v for v in whole if seen[min(seen, key=lambda s: abs(float(s) - v))])

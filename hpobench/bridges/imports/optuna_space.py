"""The space of a study, from the distributions that Optuna keeps with every trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpobench.bridges.imports.conditions import with_conditions
from hpobench.contract.errors import UsageError
from hpobench.contract.parameters import Categorical, Float, Int, Ordinal, Parameter, Value
from hpobench.contract.space import Space

_MOST_LEVELS = 1000
"""Values of a parameter with a step; one with more is taken for a plain range."""


def value_of(value: Any) -> Value:
    """``value`` as a choice; what is no word, number or boolean becomes its text."""
    return value if type(value) in (str, int, float, bool) else str(value)


def space_of(where: str, trials: Sequence[Any]) -> tuple[Space, list[str]]:
    """The space of ``trials``, with what to know about it.

    Parameters come in the order in which they were first suggested. Raises :class:`UsageError` if
    a name stands for different things.
    """
    seen: dict[str, list[tuple[Any, Any]]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            kept = seen.setdefault(name, [])
            if all(known != distribution for known, _ in kept):
                kept.append((distribution, trial))
    parameters = [_merged(where, name, found) for name, found in seen.items()]
    notes = [
        f"{name} has other bounds in some trials; its space holds all of them"
        for name, found in seen.items()
        if len(found) > 1
    ]
    params = [{k: value_of(v) for k, v in trial.params.items()} for trial in trials]
    names = [f"trial {trial.number}" for trial in trials]
    space, said = with_conditions(where, parameters, params, names)
    return space, [*notes, *said]


def _merged(where: str, name: str, found: Sequence[tuple[Any, Any]]) -> Parameter:
    """The parameter ``name`` with all its distributions, each beside a trial that had it."""
    (first, trial), *others = found
    for other, its in others:
        if type(other) is not type(first) or getattr(other, "log", 0) != getattr(first, "log", 0):
            raise UsageError(
                f"{where}: {name!r} is {first} in trial {trial.number} and {other} in trial "
                f"{its.number}: two parameters of one name; say with --space what it is"
            )
    distributions = [distribution for distribution, _ in found]
    if hasattr(first, "choices"):
        choices = [value_of(choice) for d in distributions for choice in d.choices]
        kept = {(type(choice), choice): choice for choice in choices}
        return Categorical(name, tuple(kept.values()))
    return _number(name, distributions)


def _number(name: str, distributions: Sequence[Any]) -> Parameter:
    low, high = min(d.low for d in distributions), max(d.high for d in distributions)
    first = distributions[0]
    integer = type(first).__name__ == "IntDistribution"
    if low == high:
        return Categorical(name, (low,))
    if first.step is not None and (levels := _levels(distributions, 1 if integer else 0)):
        return Ordinal(name, tuple(levels))
    return Int(name, low, high, first.log) if integer else Float(name, low, high, first.log)


def _levels(distributions: Sequence[Any], plain: int) -> list[Any]:
    """The values of parameters with a step; none for a step of ``plain``, or for too many."""
    values: set[Any] = set()
    for d in distributions:
        if d.step in (plain, None):
            return []
        count = round((d.high - d.low) / d.step) + 1
        if count > _MOST_LEVELS:
            return []
        values |= {min(d.low + i * d.step, d.high) for i in range(count)}
    return sorted(values)

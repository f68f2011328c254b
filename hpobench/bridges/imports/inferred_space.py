"""The space of trials whose storage declares none: a file's, or one inferred from their values.

The condition of a parameter that only some trials have is found in the trials, or asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from hpobench.api import Categorical, Config, Float, Int, Ordinal, Parameter, Space, Value, When
from hpobench.bridges.imports.trials import PastTrial, StoredTrials
from hpobench.contract.errors import SpaceError, UsageError
from hpobench.suites.yamlfile import read_yaml

_MOST_LEVELS, _TRIALS_A_LEVEL = 10, 3
"""So few different numbers, each in so many trials, are the levels of a grid, and no range."""
_WIDE = 100  # the ratio of bounds from which a logarithmic scale is thought of
_MOST_CHOICES = 20
"""More words than this, and than half of the trials, are names or dates, and no parameter."""
_MOST_VALUES = 50  # of a parameter that another one may wait for


def read_space(file: Path) -> Space:
    """The space in the YAML ``file``, a mapping in the notation of suites, perhaps below a key."""
    # Plugins of the problem ``command`` share this notation, which is a part of their identity.
    from hpobench.problems.general._space import parse_space

    value = read_yaml(file).value
    if isinstance(value, Mapping) and set(value) == {"space"}:
        value = value["space"]
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{file}: a mapping of parameters, like lr: {{float: [1e-4, 1], log: true}}"
        )
    try:
        return parse_space(value)
    except SpaceError as error:
        raise UsageError(f"{file}: {error}") from None


def infer_space(source: StoredTrials) -> tuple[Space, list[str]]:
    """The space that the values of the trials suggest, and what to know about it."""
    trials = source.trials
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    columns = {name: _parsed([trial.params.get(name) for trial in trials]) for name in names}
    parameters, notes = [], []
    for name, column in columns.items():
        values = [value for value in column if value is not None]
        different = len(set(values))
        if not different:
            notes.append(f"{name} is left out: it has no values")
        elif different == 1:
            notes.append(f"{name} is left out: it is {str(values[0])[:60]!r} in every trial")
        elif isinstance(values[0], str) and different > max(_MOST_CHOICES, len(column) / 2):
            notes.append(
                f"{name} is left out: {different} different words are a name or a date, not a "
                "choice"
            )
        else:
            parameters.append(_parameter(name, values))
    if not parameters:
        raise UsageError(
            f"{source} has no parameter that varies{'; ' if notes else ''}{'; '.join(notes)}; name "
            "the parameters with --space"
        )
    # A trial that failed may lack parameters that it was about to ask for.
    sound = [row for row, trial in enumerate(trials) if trial.state != "failed"]
    sound = sound or list(range(len(trials)))
    rows = [
        {name: value for name, column in columns.items() if (value := column[row]) is not None}
        for row in sound
    ]
    names = [trials[row].name for row in sound]
    space, said = with_conditions(source.where, parameters, rows, names)
    return space, [*notes, *said]


def fit_to(space: Space, source: StoredTrials) -> tuple[list[PastTrial], list[Config], list[str]]:
    """The trials of ``source`` but for those that failed before they had all parameters, their
    configurations in ``space``, and what to know."""
    trials: list[PastTrial] = []
    configs: list[Config] = []
    early = 0
    for trial in source.trials:
        config: Config = {}
        for p in space:
            value = trial.params.get(p.name)
            if value is not None and (p.when is None or p.when.holds(config)):
                config[p.name] = _fitted(p, value)
        try:
            space.check(config)
        except SpaceError as error:
            if trial.state == "failed" and set(config) < set(space.names):
                early += 1
                continue
            raise UsageError(
                f"{source.where}: {trial.name}: {error}; mend the space (--space), or leave this "
                "trial out of the storage"
            ) from None
        trials.append(trial)
        configs.append(config)
    notes = [f"{early} trials that failed before they had all parameters are left out"]
    return trials, configs, notes if early else []


def _fitted(p: Parameter, value: Any) -> Value:
    """``value`` in the type that ``p`` takes, where that changes nothing but the type."""
    if isinstance(p, Float | Int):
        number = _number(value)
        if isinstance(p, Float):
            return value if number is None else float(number)
        return value if number is None or number != int(number) else int(number)
    if p.contains(value):
        return value  # type: ignore[no-any-return]
    number = _number(value)
    for choice in p.choices:
        if str(choice).lower() == str(value).lower():
            return choice
        if number is None or isinstance(choice, bool | str):
            continue
        # Numbers that went through a text may differ in the last digit.
        if math.isclose(number, choice, rel_tol=1e-12):
            return choice
    return value  # type: ignore[no-any-return]


def _number(value: Any) -> float | int | None:
    """``value`` as a finite number, if it is one or the text of one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    whole = isinstance(value, str) and value.strip().lstrip("+-").isdecimal()
    try:
        found = int(value) if whole else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _parsed(column: Sequence[Any]) -> list[Value | None]:
    """``column`` as numbers or booleans if all of it is, else as words; ``None`` stays."""
    there = [value for value in column if value is not None]
    numbers = [_number(value) for value in there]
    if all(number is not None for number in numbers):
        return [None if value is None else _number(value) for value in column]
    words = {str(value).lower() for value in there}
    if words <= {"true", "false"}:
        return [None if value is None else str(value).lower() == "true" for value in column]
    return [None if value is None else str(value) for value in column]


def _parameter(name: str, values: Sequence[Any]) -> Parameter:
    if isinstance(values[0], bool | str):
        return Categorical(name, tuple(sorted(set(values))))
    levels = sorted(set(values))
    whole = all(value == int(value) for value in levels)
    if whole and levels[-1] - levels[0] == len(levels) - 1:
        return Int(name, int(levels[0]), int(levels[-1]))
    if len(levels) <= _MOST_LEVELS and len(values) >= _TRIALS_A_LEVEL * len(levels):
        kind = int if all(isinstance(value, int) for value in levels) else float
        return Ordinal(name, tuple(map(kind, levels)))
    if all(isinstance(value, int) for value in levels):
        return Int(name, levels[0], levels[-1], _logarithmic(values))
    return Float(name, float(levels[0]), float(levels[-1]), _logarithmic(values))


def _logarithmic(values: Sequence[float]) -> bool:
    """Whether ``values`` span orders of magnitude, and their median is nearer to the middle on a
    logarithmic scale than on a plain one."""
    low, high, middle = min(values), max(values), median(values)
    if low <= 0 or high / low < _WIDE:
        return False
    plain = (middle - low) / (high - low)
    logarithmic = math.log(middle / low) / math.log(high / low)
    return abs(logarithmic - 0.5) < abs(plain - 0.5)


def with_conditions(
    where: str,
    parameters: Sequence[Parameter],
    trials: Sequence[Mapping[str, Value]],
    names: Sequence[str],
) -> tuple[Space, list[str]]:
    """The space of ``parameters``, with conditions for those that only some of ``trials`` have, and
    what to know. A parameter waits for the one whose value alone tells, in every trial, whether it
    is there; exactly one must do so, of those that are there most often."""
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


def _condition(name: str, parent: Parameter, trials: Sequence[Mapping[str, Value]]) -> When | None:
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
    if isinstance(parent, Categorical):
        return When(parent.name, tuple(c for c in parent.choices if there.get((type(c), c), False)))
    seen = {value: active for (_, value), active in there.items()}
    values = sorted(value for value, active in seen.items() if active)
    if parent.size <= _MOST_VALUES:
        # A number that no trial had is taken for like the nearest that one had.
        whole = range(int(parent.low), int(parent.high) + 1)
        values = [v for v in whole if seen[min(seen, key=lambda s: abs(float(s) - v))]]
    return When(parent.name, tuple(values))

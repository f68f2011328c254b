"""A plugin's options: the keyword arguments of its ``__init__``, checked against annotations."""

from __future__ import annotations

import functools
import inspect
import itertools
import json
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.errors import PluginError, did_you_mean
from hpobench.contract.problem import Problem
from hpobench.plugins.discovery import GIVEN

Json: TypeAlias = Any
"""What YAML and JSON hold: null, booleans, numbers, strings, lists and mappings of them."""


class _Required:
    """The default of an option that has none."""


@dataclass(frozen=True, eq=False)
class Option:
    """One option of a plugin class."""

    name: str
    adapter: TypeAdapter[Any]
    default: Any
    choices: tuple[Any, ...]
    """The values that a ``Literal`` in the annotation lists."""

    @property
    def required(self) -> bool:
        return self.default is _Required

    def coerce(self, value: Json) -> Any:
        """The argument that ``value`` stands for: a list becomes the tuple that is asked for.

        Raises :class:`ValueError` with what is wrong.
        """
        try:
            # In JSON mode strictness still lets a list be a tuple, as YAML knows only lists.
            return self.adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            raise ValueError(self._reason(value, error)) from None

    def plain(self, value: Json) -> Json:
        """``value`` as it is stored: checked, a whole number made a float where one is due."""
        return self._dump(self.coerce(value))

    @property
    def plain_default(self) -> Json:
        """The default as it is stored, equal to the same value given in a suite."""
        dumped = self._dump(self.default)
        try:
            return self.plain(dumped)
        except ValueError:  # a default outside its annotation: the plugin's own business
            return dumped

    def _dump(self, value: Any) -> Json:
        return self.adapter.dump_python(value, mode="json", warnings=False)

    def _reason(self, value: Json, error: ValidationError) -> str:
        if self.choices:
            known = ", ".join(map(spell, self.choices))
            close = did_you_mean(str(value), [str(choice) for choice in self.choices])
            return f"{json.dumps(value)} is none of {known}{close}"
        first = error.errors()[0]
        inside = "".join(f"[{part!r}]" for part in first["loc"] if isinstance(part, int))
        return f"{json.dumps(value)}{inside}: {first['msg'][:1].lower()}{first['msg'][1:]}"


@dataclass(frozen=True)
class Fault:
    """What is wrong with one option; ``key`` is ``None`` where an option is absent."""

    key: str | None
    message: str


@functools.cache
def options_of(cls: type) -> Mapping[str, Option] | None:
    """The options of a loaded plugin class by name.

    ``None`` for a subclass of Ray's own Searcher that takes any keyword. Raises
    :class:`PluginError` where an annotation cannot be understood.
    """
    init = inspect.unwrap(cls.__init__)  # type: ignore[misc]
    given = GIVEN if issubclass(cls, Searcher) else {"self"}
    named = []
    for parameter in inspect.signature(init).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD and is_ray(cls):
            return None
        keyword = parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if keyword and parameter.name not in given:
            named.append(parameter)
    # Only the options' annotations: those of `space` and `fidelity` may be known to type
    # checkers alone.
    holder = types.SimpleNamespace(__annotations__={p.name: _annotation(cls, p) for p in named})
    try:
        hints = typing.get_type_hints(
            holder, globalns=getattr(init, "__globals__", {}), include_extras=True
        )
        return {p.name: _option(p, hints[p.name]) for p in named}
    except (NameError, TypeError, SyntaxError, PydanticUserError) as error:
        raise PluginError(
            f"{inspect.getfile(cls)}: the annotations of {cls.__name__}.__init__ cannot be "
            f"evaluated: {str(error).splitlines()[0]}"
        ) from error


def is_ray(cls: type) -> bool:
    """Whether a plugin class is Ray's kind rather than the contract's."""
    return not issubclass(cls, Searcher | Scheduler | Problem)


def _annotation(cls: type, parameter: inspect.Parameter) -> Any:
    if parameter.annotation is not parameter.empty and not is_ray(cls):
        return parameter.annotation
    return Any


def _option(parameter: inspect.Parameter, hint: Any) -> Option:
    default = _Required if parameter.default is parameter.empty else parameter.default
    return Option(parameter.name, TypeAdapter(hint), default, tuple(_choices(hint)))


def _choices(hint: Any) -> Iterable[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return arguments
    if origin is Annotated:
        return _choices(arguments[0])
    if origin in (Union, types.UnionType):
        return [choice for argument in arguments for choice in _choices(argument)]
    return ()


def resolve(cls: type, given: Mapping[str, Json]) -> tuple[dict[str, Json], list[Fault]]:
    """All options of ``cls`` in plain JSON types, defaults filled in; and what is wrong."""
    known = options_of(cls)
    if known is None:
        return dict(given), []
    faults, resolved = [], {}
    for key in given:
        if key not in known:
            what = f"options: {', '.join(known)}" if known else "it has no options"
            hint = did_you_mean(key, known) or f"; {what}"
            faults.append(Fault(key, f"no such option{hint}"))
    for name, option in known.items():
        try:
            if name in given:
                resolved[name] = option.plain(given[name])
            elif option.required:
                one_of = f", one of {', '.join(map(spell, option.choices))}"
                faults.append(
                    Fault(None, f"option {name!r} is required{one_of if option.choices else ''}")
                )
            elif not is_ray(cls):
                resolved[name] = option.plain_default
        except ValueError as error:
            faults.append(Fault(name, str(error)))
    return resolved, faults


def members_of(cls: type[Problem]) -> Iterable[Mapping[str, Json]]:
    """The options of the members of a problem family that have frozen references.

    Where the family does not list them: every combination of the choices of the options that
    must be given; none where one of them has no choices.
    """
    if (listed := cls.members()) is not None:
        return listed
    required = [option for option in (options_of(cls) or {}).values() if option.required]
    rows = itertools.product(*(option.choices for option in required))
    return [dict(zip((option.name for option in required), row, strict=True)) for row in rows]


def label(cls: type, name: str, options: Mapping[str, Json]) -> str:
    """``name`` and those options that have no default or differ from it.

    >>> label(FCNet, "fcnet", {"dataset": "protein_structure", "observe": "mean"})
    'fcnet[dataset=protein_structure]'
    """
    known = options_of(cls) or {}
    told = {
        key: value
        for key, value in options.items()
        if key not in known or known[key].required or known[key].plain_default != value
    }
    inside = ",".join(f"{key}={spell(value)}" for key, value in told.items())
    return f"{name}[{inside}]" if inside else name


def spell(value: Json) -> str:
    """``value`` as YAML would have it: bare strings, ``true``, ``null``."""
    plain = isinstance(value, str) and value.isprintable()
    return str(value) if plain else json.dumps(value, separators=(",", ":"))

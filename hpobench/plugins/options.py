"""The options of a plugin: keywords of its ``__init__``, checked against their annotations."""

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

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.errors import PluginError, did_you_mean
from hpobench.contract.problem import Problem, several_objectives
from hpobench.plugins.discovery import GIVEN
from hpobench.plugins.foreign import calling

Json: TypeAlias = Any
"""A value of YAML or JSON: null, a boolean, a number, a string, a list or a mapping of these."""


class _Required:
    """The marker for an option without a default."""


@dataclass(frozen=True, eq=False)
class Option:
    """One option of a plugin class."""

    name: str
    adapter: TypeAdapter[Any]
    default: Any
    choices: tuple[Any, ...]
    """The values of a ``Literal`` in the annotation."""

    @property
    def required(self) -> bool:
        return self.default is _Required

    def coerce(self, value: Json) -> Any:
        """The argument that ``value`` stands for; a list becomes a tuple if the option is one.

        Raises :class:`ValueError` that says what is wrong.
        """
        text = json.dumps(value)
        try:
            # In JSON mode, strict validation still takes a list for a tuple; YAML has no tuples.
            return self.adapter.validate_json(text, strict=True)
        except ValidationError as error:
            if self.choices:
                known = ", ".join(map(spell, self.choices))
                close = did_you_mean(str(value), [str(choice) for choice in self.choices])
                raise ValueError(f"{text} is none of {known}{close}") from None
            first = error.errors()[0]
            inside = "".join(f"[{part!r}]" for part in first["loc"] if isinstance(part, int))
            message = f"{text}{inside}: {first['msg'][:1].lower()}{first['msg'][1:]}"
            raise ValueError(message) from None

    def plain(self, value: Json) -> Json:
        """``value`` as it is stored: checked, and a float even for a whole number if need be."""
        return self._dump(self.coerce(value))

    @property
    def plain_default(self) -> Json:
        """The default as it is stored, equal to the same value in a suite."""
        dumped = self._dump(self.default)
        try:
            return self.plain(dumped)
        except ValueError:  # a plugin may have a default outside its own annotation
            return dumped

    def _dump(self, value: Any) -> Json:
        return self.adapter.dump_python(value, mode="json", warnings=False)


@dataclass(frozen=True)
class Fault:
    """A fault of one option; ``key`` is ``None`` if the option is absent."""

    key: str | None
    message: str


@functools.cache
def options_of(cls: type) -> Mapping[str, Option] | None:
    """The options of a loaded plugin class, by name.

    ``None`` for a subclass of Ray's Searcher that takes any keyword. Raises :class:`PluginError`
    if an annotation cannot be evaluated.
    """
    with calling(file_of(cls), f"the options of {cls.__name__} cannot be read"):
        init = inspect.unwrap(cls.__init__)  # type: ignore[misc]
        parameters = list(inspect.signature(init).parameters.values())
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    if any(kind(init) for kind in kinds):
        raise PluginError(f"{file_of(cls)}: __init__ of {cls.__name__} is no plain function")
    if is_ray(cls) and any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    given = GIVEN if Searcher in cls.__mro__ else {"self"}
    keywords = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [p for p in parameters if p.kind in keywords and p.name not in given]
    # Evaluate the options' annotations only: those of `space` and `fidelity` may be imported for
    # type checkers only, and those of Ray's classes do not hold what they say.
    annotations = {
        p.name: Any if is_ray(cls) or p.annotation is p.empty else p.annotation for p in named
    }
    with calling(file_of(cls), f"the annotations of {cls.__name__}.__init__ cannot be evaluated"):
        hints = typing.get_type_hints(
            types.SimpleNamespace(__annotations__=annotations),
            globalns=getattr(init, "__globals__", {}),
            include_extras=True,
        )
        return {
            p.name: Option(
                p.name,
                TypeAdapter(hints[p.name]),
                _Required if p.default is p.empty else p.default,
                tuple(_choices(hints[p.name])),
            )
            for p in named
        }


def file_of(cls: type) -> str:
    """The file of ``cls``, or its name if it hides where it is from."""
    try:
        return inspect.getfile(cls)
    except (OSError, TypeError):
        return cls.__name__


def is_ray(cls: type) -> bool:
    """Whether a plugin class derives from Ray's classes instead of the contract's."""
    # Not issubclass, which asks the other subclasses and so can be led astray by any of them.
    return not {Searcher, Scheduler, Problem} & set(cls.__mro__)


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
    """All options of ``cls`` in plain JSON types with defaults filled in, and the faults found."""
    known = options_of(cls)
    if known is None:
        return dict(given), []
    faults, resolved = [], {}
    for key in given:
        if key not in known:
            what = f"options: {', '.join(known)}" if known else "it has no options"
            hint = did_you_mean(key, known) or f"; {what}"
            message = several_objectives(key, given[key]) or f"no such option{hint}"
            faults.append(Fault(key, message))
    for name, option in known.items():
        if name not in given and option.required:
            one_of = f", one of {', '.join(map(spell, option.choices))}" if option.choices else ""
            faults.append(Fault(None, f"option {name!r} is required{one_of}"))
        elif name in given or not is_ray(cls):
            # Annotations may run the plugin's own validators.
            with calling(file_of(cls), f"option {name!r} of {cls.__name__} cannot be checked"):
                try:
                    resolved[name] = (
                        option.plain(given[name]) if name in given else option.plain_default
                    )
                except ValueError as error:
                    faults.append(Fault(name, str(error)))
    return resolved, faults


def members_of(cls: type[Problem]) -> Iterable[Mapping[str, Json]]:
    """The options of each member of a problem family that has frozen references.

    If the family does not list them, they are every combination of the choices of the options
    without a default; there are none if one of these options has no choices.
    """
    with calling(file_of(cls), "members() failed"):
        listed = cls.members()
        if listed is not None:
            return [dict(member) for member in listed]
    required = [option for option in (options_of(cls) or {}).values() if option.required]
    rows = itertools.product(*(option.choices for option in required))
    return [dict(zip((option.name for option in required), row, strict=True)) for row in rows]


def label(cls: type, name: str, options: Mapping[str, Json]) -> str:
    """The label of a plugin: ``name`` and the options that differ from their defaults.

    >>> label(FCNet, "fcnet", {"dataset": "protein_structure", "observe": "mean"})
    'fcnet[dataset=protein_structure]'
    """
    known = options_of(cls) or {}
    shown = {
        key: value
        for key, value in options.items()
        if key not in known or known[key].required or known[key].plain_default != value
    }
    inside = ",".join(f"{key}={spell(value)}" for key, value in shown.items())
    return f"{name}[{inside}]" if inside else name


def spell(value: Json) -> str:
    """``value`` as YAML writes it: bare strings, ``true``, ``null``."""
    plain = isinstance(value, str) and value.isprintable()
    return str(value) if plain else json.dumps(value, separators=(",", ":"))

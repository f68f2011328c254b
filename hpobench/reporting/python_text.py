"""Python source, as text that readers copy: values, spaces and calls."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from hpobench.contract.parameters import Float, Int, Parameter
from hpobench.contract.space import Space

WIDTH = 88


class Source(str):
    """Source text, which stands as it is among values that are written by their ``repr``."""

    def __repr__(self) -> str:
        return str(self)


def written(value: object, indent: int = 0) -> str:
    """``value`` as a literal; lines after the first begin with ``indent`` blanks."""
    if not isinstance(value, dict) or len(repr(value)) + indent <= WIDTH:
        return repr(value)
    inner = indent + 4
    rows = [f"{' ' * inner}{k!r}: {written(v, inner)}," for k, v in value.items()]
    return "\n".join(["{", *rows, f"{' ' * indent}}}"])


def is_name(text: object) -> bool:
    """Whether ``text`` can be a variable or a keyword of a call."""
    return isinstance(text, str) and text.isidentifier() and not iskeyword(text)


def is_path(text: object) -> bool:
    """Whether ``text`` is a dotted path of names, like ``sklearn.svm.SVC``."""
    return isinstance(text, str) and all(map(is_name, text.split(".")))


def keywords(options: Mapping[str, Any]) -> list[str]:
    """``options`` as arguments of a call; those that are no names stand in a mapping."""
    plain = [f"{key}={value!r}" for key, value in options.items() if is_name(key)]
    others = {key: value for key, value in options.items() if not is_name(key)}
    return [*plain, f"**{others!r}"] if others else plain


def call(function: str, *arguments: str) -> str:
    """One line, ``function(argument, ...)``."""
    return f"{function}({', '.join(arguments)})"


def long_call(function: str, *arguments: str) -> str:
    """The same with a line for each argument."""
    return "\n".join([f"{function}(", *(textwrap.indent(f"{a},", "    ") for a in arguments), ")"])


def space_text(space: Space, prefix: str = "") -> str:
    """The call that makes ``space``, with ``prefix`` before the name of each parameter."""
    rows = [f"    {_parameter(one, prefix)}," for one in space]
    return "\n".join(["hpobench.Space(", "    [", *(f"    {row}" for row in rows), "    ]", ")"])


def _parameter(parameter: Parameter, prefix: str) -> str:
    arguments = [repr(prefix + parameter.name)]
    for field in dataclasses.fields(parameter)[1:]:
        value = getattr(parameter, field.name)
        if field.default is dataclasses.MISSING:
            arguments.append(repr(value))
        elif field.name == "when" and value is not None:
            parent = repr(prefix + value.parent)
            arguments.append(f"when={call('hpobench.When', parent, repr(value.values))}")
        elif value != field.default:
            arguments.append(f"{field.name}={value!r}")
    return call(f"hpobench.{type(parameter).__name__}", *arguments)


def param_space(space: Space, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """``space``, which has no conditions, in Ray Tune's own terms among the constants ``fixed``.

    A dot in a name stands for a key of a nested dictionary.
    """
    found: dict[str, Any] = dict(fixed)
    for one in space:
        *folders, key = one.name.split(".")
        place = found
        for folder in folders:
            inner = place.get(folder)
            place[folder] = dict(inner) if isinstance(inner, Mapping) else {}
            place = place[folder]
        place[key] = Source(_domain(one))
    return found


def _domain(parameter: Parameter) -> str:
    if isinstance(parameter, Float):
        name = "tune.loguniform" if parameter.log else "tune.uniform"
        return call(name, repr(parameter.low), repr(parameter.high))
    if isinstance(parameter, Int):  # Ray's whole numbers end before their upper bound
        name = "tune.lograndint" if parameter.log else "tune.randint"
        return call(name, repr(parameter.low), repr(parameter.high + 1))
    return call("tune.choice", repr(list(parameter.choices)))

"""Python source, as text that readers copy: values, spaces and calls."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from hpobench.contract.parameters import Float, Int
from hpobench.contract.space import Space

WIDTH = 88


class SourceText(str):
    """Text that stands as it is among values that are written by their ``repr``."""

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
    rows = []
    for parameter in space:
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
        rows.append(f"        {call(f'hpobench.{type(parameter).__name__}', *arguments)},")
    return "\n".join(["hpobench.Space(", "    [", *rows, "    ]", ")"])


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
            # A copy, since the mapping belongs to the caller.
            place[folder] = dict(inner) if isinstance(inner, Mapping) else {}
            place = place[folder]
        if isinstance(one, Float):
            name = "tune.loguniform" if one.log else "tune.uniform"
            place[key] = SourceText(call(name, repr(one.low), repr(one.high)))
        elif isinstance(one, Int):  # Ray's whole numbers end before their upper bound
            name = "tune.lograndint" if one.log else "tune.randint"
            place[key] = SourceText(call(name, repr(one.low), repr(one.high + 1)))
        else:
            place[key] = SourceText(call("tune.choice", repr(list(one.choices))))
    return found

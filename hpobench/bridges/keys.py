"""Keys of somebody else's search space, each with the parameter that stands for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hpobench.contract.parameters import Categorical, Parameter, Value

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """A key and its parameter, whose values may stand for the key's."""

    path: Path
    parameter: Parameter
    to_value: Callable[[Value], Any] = lambda value: value
    from_value: Callable[[Any], Value] = lambda value: value


def key_name(path: Sequence[object]) -> str:
    """The name of the parameter at ``path``: its keys joined by dots."""
    return ".".join(map(str, path)).replace("/", ".")


def choice_key(path: Path, choices: Sequence[Any]) -> Key:
    """The choices themselves if they are plain and differ; else their positions stand for them."""
    name = key_name(path)
    plain = all(type(choice) in (str, int, float, bool) for choice in choices)
    if plain and len({(type(choice), choice) for choice in choices}) == len(choices):
        return Key(path, Categorical(name, tuple(choices)))
    labels = tuple(f"choice {i}" for i in range(len(choices)))
    return Key(
        path,
        Categorical(name, labels),
        lambda label: choices[labels.index(str(label))],
        lambda value: labels[_position(choices, value)],
    )


def _position(choices: Sequence[Any], value: Any) -> int:
    """``True``, 1 and 1.0 are different choices, as for :class:`Categorical`."""
    for i, choice in enumerate(choices):
        if type(choice) is type(value) and choice == value:
            return i
    raise ValueError(f"{value!r} is no choice")

"""Keys of somebody else's search space, each with the parameter that stands for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hpobench.contract.parameters import Categorical, Parameter, Value

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class SpaceKey:
    """A key and its parameter, whose values may stand for the key's."""

    path: Path
    parameter: Parameter
    to_value: Callable[[Value], Any] = lambda value: value
    from_value: Callable[[Any], Value] = lambda value: value


def key_name(path: Sequence[object]) -> str:
    """The name of the parameter at ``path``: its keys joined by dots."""
    return ".".join(map(str, path)).replace("/", ".")


def flat(
    point: Mapping[str, Any], known: Collection[Path] = (), above: Path = ()
) -> Iterator[tuple[str, Any]]:
    """The values of ``point`` by name; one at a ``known`` path may be a dict itself."""
    for key, value in point.items():
        path = (*above, key)
        if isinstance(value, Mapping) and path not in known:
            yield from flat(value, known, path)
        else:
            yield key_name(path), value


def choice_key(path: Path, choices: Sequence[Any]) -> SpaceKey:
    """The choices themselves if they are plain and differ; else their positions stand for them."""
    name = key_name(path)
    plain = all(type(choice) in (str, int, float, bool) for choice in choices)
    if plain and len({(type(choice), choice) for choice in choices}) == len(choices):
        return SpaceKey(path, Categorical(name, tuple(choices)))
    labels = tuple(f"choice {i}" for i in range(len(choices)))

    def label_of(value: Any) -> str:
        for label, choice in zip(labels, choices, strict=True):
            # True, 1 and 1.0 are different choices, as for Categorical.
            if type(choice) is type(value) and choice == value:
                return label
        raise ValueError(f"{value!r} is no choice")

    of_label = dict(zip(labels, choices, strict=True))
    return SpaceKey(path, Categorical(name, labels), lambda label: of_label[str(label)], label_of)

"""The types of a plugin's class attributes, which are checked when its file is read and again when
it is imported, because what the file computes can only be known then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from packaging.requirements import InvalidRequirement, Requirement

from hpobench.contract.algorithms import Scheduler, Searcher
from hpobench.contract.cell import Kind
from hpobench.contract.errors import PluginError
from hpobench.contract.problem import Plugin, Problem
from hpobench.plugins.foreign import calling, shown

CONTRACT: Mapping[Kind, type[Plugin]] = {
    "searcher": Searcher,
    "scheduler": Scheduler,
    "problem": Problem,
}
_MAX_NAME = 100


def _is_name(value: object) -> bool:
    # Names are parts of files' names: references lie in references/NAME.json.
    return (
        isinstance(value, str)
        and 0 < len(value) <= _MAX_NAME
        and value.isprintable()
        and value == value.strip()
        and not value.startswith(".")
        and not {"/", "\\"} & set(value)
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)


def _are_requirements(value: object) -> bool:
    try:
        return _are_texts(value) and all(Requirement(text) for text in value)  # type: ignore[attr-defined]
    except InvalidRequirement:
        return False


def _are_seconds(value: object) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and 0 < value <= sys.float_info.max  # type: ignore[operator]


_Rule: TypeAlias = tuple[Callable[[object], bool], str]
_TEXT: _Rule = (lambda value: isinstance(value, str)), "a text"
_TEXTS: _Rule = _are_texts, "a tuple of texts"


def _rules(kind: Kind, **own: _Rule) -> dict[str, _Rule]:
    """The rules of every plugin, those of the contract's flags of a ``kind``, and its ``own``."""
    flag: _Rule = (lambda value: isinstance(value, bool)), "True or False"
    return {
        "name": (_is_name, f"a word of at most {_MAX_NAME} characters that a file could have"),
        "requires": (_are_requirements, "a tuple of requirements, like ('scipy>=1.10',)"),
        "notes": _TEXTS,
        **{k: flag for k, default in vars(CONTRACT[kind]).items() if isinstance(default, bool)},
        **own,
    }


_RULES: Mapping[Kind, Mapping[str, _Rule]] = {
    "searcher": _rules(
        "searcher",
        library=_TEXT,
        preload=_TEXTS,
        call_timeout=(_are_seconds, "a positive number of seconds"),
    ),
    "scheduler": _rules(
        "scheduler",
        # bool is a subclass of int, and True no number of trials.
        lookahead=(lambda value: type(value) is int and value >= 0, "a whole number from 0"),
    ),
    "problem": _rules("problem", source=_TEXT, licence=_TEXT, family=_TEXT),
}


def attribute_fault(kind: Kind, name: str, value: object) -> str | None:
    """What is wrong with ``value`` as the class attribute ``name``, or ``None``."""
    rule = _RULES[kind].get(name)
    if rule is None or rule[0](value):
        return None
    return f"{name} is {shown(value)}; it must be {rule[1]}"


def check_class(kind: Kind, cls: type, file: Path) -> None:
    """Raise :class:`PluginError` if a loaded plugin class has attributes of other types."""
    if type in cls.__mro__:  # every later issubclass() would raise
        raise PluginError(f"{file}: {cls.__name__} is a metaclass and no plugin", file)
    for name in _RULES[kind]:
        with calling(file, f"{name} cannot be read", passing=()):
            fault = attribute_fault(kind, name, getattr(cls, name)) if hasattr(cls, name) else None
        if fault is not None:
            raise PluginError(f"{file}: {cls.__name__}.{fault}", file)

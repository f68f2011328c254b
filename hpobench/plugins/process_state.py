"""What the code of all plugins in a process shares, put back after one that may have changed it.

This is for accidents, such as a function of ``random`` that is left patched. Code that tries can
change a process in ways that nothing here looks at, so plugins that are not shipped run in
processes of their own.
"""

from __future__ import annotations

import contextlib
import decimal
import functools
import locale
import operator
import os
import random
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from hpobench.contract.package import is_shipped
from hpobench.contract.space import Space

_MODULES = (
    "bisect",
    "builtins",
    "copy",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "json.decoder",
    "json.encoder",
    "math",
    "numpy.random",
    "operator",
    "random",
    "statistics",
)
_PACKAGES = ("hpobench.", "ray.tune.execution.", "ray.tune.experiment.", "ray.tune.schedulers.")
_HEAP_TYPE, _IMMUTABLE_TYPE = 1 << 9, 1 << 8
"""Flags of types whose attributes can, and cannot, be set."""

_Setting: TypeAlias = tuple[Callable[[], Any], Callable[[Any], object]]


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Put back what the block changes of the state that results of any plugin may depend on.

    It looks at the functions, classes and constants of hpobench, of Ray Tune's engine and of the
    modules that numbers come from, at how Python, NumPy and :mod:`decimal` treat warnings, errors
    and numbers, at the hidden parts of global generators, and at the working folder. That takes
    about a millisecond.
    """
    kept = [(owner, vars(owner).copy()) for owner in _owners(len(sys.modules))]
    settings = [(setting, setting[0]()) for setting in _settings()]
    try:
        yield
    finally:
        for owner, names in kept:
            _restore(owner, names)
        for (read, write), before in settings:
            if read() != before:
                write(before)


def contained(file: Path | str) -> AbstractContextManager[None]:
    """Put back what code of the plugin ``file`` changes in the block, in a process that all plugins
    share. Does nothing for a shipped plugin, which changes nothing."""
    return contextlib.nullcontext() if is_shipped(file) else restored()


@contextlib.contextmanager
def unchanged(space: Space) -> Iterator[None]:
    """Put back what the block changes in ``space``, which later runs on its problem share.

    Its objects are frozen, but ``object.__setattr__`` changes them all the same.
    """
    conditions = (parameter.when for parameter in space if parameter.when is not None)
    kept = [(part, vars(part).copy()) for part in (space, *space, *conditions)]
    try:
        yield
    finally:
        for part, attributes in kept:
            if vars(part) != attributes:
                vars(part).clear()
                vars(part).update(attributes)


@functools.lru_cache(maxsize=1)
def _owners(loaded: int) -> list[ModuleType | type]:  # noqa: ARG001
    """The modules, and the classes that are defined in them; found anew once more is loaded."""
    found: list[ModuleType | type] = []
    for name, module in list(sys.modules.items()):
        if name in _MODULES or name.startswith(_PACKAGES):
            found.append(module)
            found += [
                value
                for value in vars(module).values()
                if isinstance(value, type)
                and value.__module__ == name
                and value.__flags__ & (_HEAP_TYPE | _IMMUTABLE_TYPE) == _HEAP_TYPE
            ]
    return found


def _restore(owner: ModuleType | type, names: dict[str, Any]) -> None:
    """Give ``owner`` its former functions, classes and constants back.

    What was ``None`` or a container may be a cache, which has been filled since.
    """
    now = vars(owner)
    if len(now) == len(names) and all(map(operator.is_, now.values(), names.values())):
        return
    for name, value in names.items():
        fixed = value is not None and not isinstance(value, dict | list | set)
        if fixed and now.get(name) is not value:
            setattr(owner, name, value)
    if isinstance(owner, type):
        for name in now.keys() - names.keys():
            if any(name in vars(base) for base in owner.__mro__[1:]):  # it hides what was there
                delattr(owner, name)


def _settings() -> Iterator[_Setting]:
    """How settings of the process are read and written."""
    localised, context = functools.partial(locale.setlocale, locale.LC_ALL), decimal.getcontext()
    yield sys.getrecursionlimit, sys.setrecursionlimit
    yield sys.gettrace, sys.settrace
    yield sys.getprofile, sys.setprofile
    yield socket.getdefaulttimeout, socket.setdefaulttimeout
    yield os.getcwd, os.chdir
    yield localised, localised
    yield functools.partial(getattr, context, "prec"), functools.partial(setattr, context, "prec")
    # Rules by which warnings are raised as errors; other rules change no result.
    yield lambda: [rule for rule in warnings.filters if rule[0] == "error"], _raise_warnings
    # Attributes of the generator behind `random`, which hide its class's; the one that is left
    # out holds the next number of a normal distribution.
    yield (
        lambda: {k: v for k, v in vars(random._inst).items() if k != "gauss_next"},
        _hide_in_random,
    )
    if (numpy := sys.modules.get("numpy")) is not None:
        yield numpy.geterr, lambda before: numpy.seterr(**before)


def _raise_warnings(before: list[Any]) -> None:
    rules = [rule for rule in warnings.filters if rule[0] != "error"]
    warnings.filters[:] = [*before, *rules]  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _hide_in_random(before: dict[str, Any]) -> None:
    generator = vars(random._inst)
    for name in generator.keys() - {"gauss_next"}:
        del generator[name]
    generator.update(before)

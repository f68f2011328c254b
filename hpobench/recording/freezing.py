"""Freezes references: measures the members of a family, and keeps them in the family's file."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import lock_descriptor

from hpobench.contract.errors import UsageError
from hpobench.contract.frozen import read_members
from hpobench.contract.problem import Problem
from hpobench.plugins.build import build_problem
from hpobench.plugins.foreign import calling
from hpobench.plugins.options import file_of, members_of
from hpobench.plugins.refs import plugin_ref
from hpobench.plugins.registry import Registry
from hpobench.plugins.signature import moved
from hpobench.recording.measuring import measure
from hpobench.store.format.disk import replace


def members(problem: str, options: Mapping[str, Any], plugins: Iterable[Path]) -> list[Problem]:
    """The members of the family ``problem`` that have these ``options``.

    Raises :class:`UsageError` if there is none.
    """
    registry = Registry(plugins)
    cls: type[Problem] = registry.find("problem", problem).load()
    found = [
        build_problem(plugin_ref(registry, "problem", problem, member))
        for member in members_of(cls)
        if all(member.get(key) == value for key, value in options.items())
    ]
    if not found:
        raise UsageError(f"problem {problem}: no member of the family has {dict(options)}")
    return found


def freeze(
    problems: Iterable[Problem], file: Path, tell: Callable[[str], None], sample: int | None = None
) -> None:
    """Measure each of ``problems``, all of one family, and enter it into ``file``.

    An entry stays in the file, whatever happens to the next. Several processes may freeze into one
    file at the same time. ``tell`` takes a line for each member; ``sample`` is that of
    :func:`measure`. Raises :class:`PluginError` before it measures anything if ``file`` is damaged.
    """
    read_members(file)
    for problem in problems:
        with calling(file_of(type(problem)), f"{problem.name} cannot be measured"):
            entry = measure(problem, sample)
        with _alone(file):
            members = read_members(file)
            before = members.get(problem.key)
            entry = renewed(before, entry)
            content = {"problem": problem.name, "members": members | {problem.key: entry}}
            replace(file, (json.dumps(content, indent=1) + "\n").encode())
        name = f"{problem.name}[{problem.key}]" if problem.key else problem.name
        new = "" if before and before["version"] == entry["version"] else "new: "
        tell(
            f"{name}: optimum {entry['optimum']:g}{'' if entry['known'] else ' (found)'}, clip "
            f"{entry['clip']:g}, {entry['seconds']:g} s; {new}version {entry['version']}"
        )


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from writing into the folder of ``file``, after waiting for them.

    The folder itself is locked, so that no lock file lies among the references.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        lock_descriptor(descriptor)
        yield
    finally:
        os.close(descriptor)


def renewed(before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> dict[str, Any]:
    """``entry`` with its version, which grows by one if a number differs from ``before``.

    The lowest loss ever found on the same problem stays its optimum.
    """
    if before is None:
        return {"version": 1, **entry}
    new = dict(entry)
    same_problem = (
        before["data"] == new["data"] and moved(before["signature"], new["signature"]) is None
    )
    if not new["known"] and same_problem and before["optimum"] < new["optimum"]:
        new |= {key: before[key] for key in ("optimum", "found")}
    same = all(before[key] == new[key] for key in ("optimum", "known", "clip", "random"))
    return {"version": before["version"] + (not same), **new}

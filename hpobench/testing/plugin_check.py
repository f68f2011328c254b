"""A check of a plugin and its result, the plugin, and the rules for plugins of every kind."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import subprocess
import sys
import threading
import unittest
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from hpobench.api import Problem
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import UsageError
from hpobench.plugins.discovery import GIVEN
from hpobench.plugins.options import is_ray, members_of, options_of, resolve
from hpobench.plugins.registry import Entry
from hpobench.running.cells.time_limit import OutOfTime, time_limit

Status: TypeAlias = Literal["ok", "failed", "skipped"]


class Misbehaved(AssertionError):
    """A plugin broke a rule; the message says how, and what to do."""


class NotApplicable(unittest.SkipTest):
    """A check does not apply to a plugin; pytest counts it as a skip."""


@dataclass(frozen=True, eq=False)
class Check:
    """One rule that a plugin must keep; calling it checks the rule."""

    name: str
    meaning: str
    """The rule, in one line."""
    plugin: str
    """The name of the plugin that is checked."""
    function: Callable[[], str | None]
    """Returns what was measured, if anything; raises :class:`Misbehaved` or
    :class:`NotApplicable`."""

    def __str__(self) -> str:
        return f"{self.plugin}: {self.name}"

    def __call__(self) -> None:
        self.function()


@dataclass(frozen=True)
class CheckResult:
    status: Status
    text: str = ""  # what was measured, or the reason of a failure or a skip
    hung: bool = False


def judge(check: Check, limit: float) -> CheckResult:
    """The result of ``check``, which fails if it takes more than ``limit`` seconds."""
    # Other threads have no alarm.
    in_main = threading.current_thread() is threading.main_thread()
    try:
        with time_limit(limit) if in_main else contextlib.nullcontext():
            return CheckResult("ok", check.function() or "")
    except NotApplicable as reason:
        return CheckResult("skipped", str(reason))
    except OutOfTime:
        text = f"did not end within {limit:g} s; a loop without end, or raise --limit"
        return CheckResult("failed", text, hung=True)
    except Misbehaved as error:
        return CheckResult("failed", str(error))
    except (Exception, SystemExit) as error:
        return CheckResult("failed", f"{type(error).__name__}: {error}".rstrip(": "))


def fresh_process(
    code: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What ``code`` did in a process of its own, which finds the same modules."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=env, check=False, capture_output=True, text=True)


def judged(checks: Iterable[Check], limit: float) -> Iterator[tuple[Check, CheckResult]]:
    """Each of ``checks`` with its result; after one that hangs the others are skipped."""
    hung = False
    for check in checks:
        result = CheckResult("skipped", "an earlier check hung") if hung else judge(check, limit)
        hung |= result.hung
        yield check, result


@dataclass(frozen=True)
class PluginSubject:
    """The plugin that is checked."""

    entry: Entry
    ref: PluginRef

    @property
    def cls(self) -> type:
        return self.entry.load()

    def exercise(self) -> None:
        """Use the plugin as cells do."""


def ref_of(entry: Entry, given: Mapping[str, Any], folder: Path) -> PluginRef:
    """``entry`` with the options ``given``; a required one that is not given is that of a problem
    family's first member, or takes its first choice."""
    cls = entry.load()
    required = [option for option in (options_of(cls) or {}).values() if option.required]
    taken = {option.name: option.choices[0] for option in required if option.choices}
    for member in members_of(cls) if issubclass(cls, Problem) else ():
        if all(member.get(key, value) == value for key, value in given.items()):
            taken = {option.name: member[option.name] for option in required}
            break
    options, faults = resolve(cls, {**taken, **given})
    if faults:
        message = "; ".join(f"{f.key}: {f.message}" if f.key else f.message for f in faults)
        raise UsageError(f"{entry.kind} {entry.name}: {message} (-o KEY=VALUE sets an option)")
    file, name = str(entry.file), entry.name
    return PluginRef(entry.kind, name, name, options, file, entry.cls, str(folder.resolve()))


def description(subject: PluginSubject) -> None:
    """A name in lower case with hyphens, and a first line that ends with a full stop."""
    entry = subject.entry
    if not entry.ray and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name):
        raise Misbehaved(f"it is called {entry.name!r}; use lower case, digits and hyphens")
    if not re.fullmatch(r"\S.*\.", entry.summary):
        raise Misbehaved(
            f"its docstring begins with {entry.summary!r}; `list` shows that line: write a sentence"
        )


def options(subject: PluginSubject) -> str | None:
    """Options are keywords with annotations, which suites are checked against."""
    if is_ray(subject.cls):
        raise NotApplicable("options of Ray's own kind are passed on as they are")
    init = inspect.signature(subject.cls.__init__)  # type: ignore[misc]
    named = []
    for option in list(init.parameters.values())[1:]:
        if option.name in GIVEN and subject.entry.kind == "searcher":
            continue
        if option.kind in (option.VAR_POSITIONAL, option.VAR_KEYWORD):
            if subject.cls.__init__ is object.__init__:  # type: ignore[misc]
                continue
            raise Misbehaved(f"__init__ takes {option}; name every option, so that suites can")
        if option.kind is not option.KEYWORD_ONLY:
            raise Misbehaved(f"{option.name!r} is no keyword; put it behind a `*` in __init__")
        if option.annotation is option.empty:
            raise Misbehaved(f"{option.name!r} has no annotation; give it one, like `: float`")
        named.append(option.name)
    return ", ".join(named)

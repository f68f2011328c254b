"""A check of a plugin, and its result."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import unittest
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

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
    text: str = ""
    """What was measured, or the reason of a failure or a skip."""
    hung: bool = False


def judge(check: Check, limit: float) -> CheckResult:
    """The result of ``check``.

    In the main thread it fails if it takes more than ``limit`` seconds; others have no alarm.
    """
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

"""What a check is, and what comes of one."""

from __future__ import annotations

import contextlib
import threading
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hpobench.running.time_limit import OutOfTime, time_limit

Status: TypeAlias = Literal["ok", "failed", "skipped"]


class Misbehaved(AssertionError):
    """A plugin did what it must not; says what, and what to do."""


class NotApplicable(unittest.SkipTest):
    """A check has nothing to say about a plugin; pytest takes it for a skip."""


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that a plugin must keep to, to be called."""

    name: str
    meaning: str
    """One line."""
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
class Verdict:
    status: Status
    told: str = ""
    """The reason, or what was measured."""
    hung: bool = False


def judge(check: Check, limit: float) -> Verdict:
    """What comes of ``check`` within ``limit`` seconds, where the main thread runs it."""
    in_main = threading.current_thread() is threading.main_thread()
    try:
        with time_limit(limit) if in_main else contextlib.nullcontext():
            return Verdict("ok", check.function() or "")
    except NotApplicable as reason:
        return Verdict("skipped", str(reason))
    except OutOfTime:
        told = f"did not end within {limit:g} s; a loop without end, or raise --limit"
        return Verdict("failed", told, hung=True)
    except Misbehaved as error:
        return Verdict("failed", str(error))
    except (Exception, SystemExit) as error:
        return Verdict("failed", f"{type(error).__name__}: {error}".rstrip(": "))

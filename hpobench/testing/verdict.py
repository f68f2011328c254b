"""What a check is, and what comes of one."""

from __future__ import annotations

import contextlib
import signal
import threading
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Literal, TypeAlias

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


class _Late(BaseException):
    """Raised by the alarm; not an ``Exception``, which plugins may swallow."""


def judge(check: Check, limit: float) -> Verdict:
    """What comes of ``check`` within ``limit`` seconds, where the main thread runs it."""
    try:
        with _alarm(limit):
            return Verdict("ok", check.function() or "")
    except NotApplicable as reason:
        return Verdict("skipped", str(reason))
    except _Late:
        told = f"did not end within {limit:g} s; a loop without end, or raise --limit"
        return Verdict("failed", told, hung=True)
    except Misbehaved as error:
        return Verdict("failed", str(error))
    except (Exception, SystemExit) as error:
        return Verdict("failed", f"{type(error).__name__}: {error}".rstrip(": "))


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        raise _Late

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

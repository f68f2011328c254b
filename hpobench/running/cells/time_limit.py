"""Stops code after a limit of wall time, without its cooperation."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

from hpobench.contract.errors import Interruption


class OutOfTime(Interruption):
    """Raised by :func:`time_limit`."""


GRACE_S = 20.0
"""How long after its limit of time a cell may take to hand over what it has."""
_EARLY_S = 0.05
"""An alarm that comes so much too early is not ours."""

_AGAIN_S = 10.0
"""Python drops what a handler raises within a destructor, so the limit speaks again."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the block after ``seconds`` of wall time. This works in the main
    thread only, and not while native code runs. Limits may be nested. An alarm that the code in the
    block sets is ignored: a process has one timer."""
    begin = time.monotonic()

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        left = begin + seconds - time.monotonic()
        if left < _EARLY_S:
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            raise OutOfTime
        signal.setitimer(signal.ITIMER_REAL, left)

    before = signal.signal(signal.SIGALRM, interrupt)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        left = max(outer - (time.monotonic() - begin), 1e-6) if outer else 0.0
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, left)

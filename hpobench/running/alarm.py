"""A limit of wall time on what may not know of it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


class Late(BaseException):
    """Raised by :func:`alarm`; not an ``Exception``, which plugins and Ray may swallow."""


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise :class:`Late` in the block after ``seconds`` of wall time. For the main thread."""

    def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

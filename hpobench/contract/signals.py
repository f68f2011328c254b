"""The signals that ask a process to end."""

from __future__ import annotations

import contextlib
import functools
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals by which a user, a batch system or a closed terminal ends a run."""


@contextlib.contextmanager
def noticed_signals() -> Iterator[Callable[[], bool]]:
    """Whether one of :data:`ENDING_SIGNALS` has arrived in the block.

    That tells what its handler raises from what a plugin raises itself, such as
    ``KeyboardInterrupt``. The handlers of before still answer it. Only the main thread can have
    handlers, and only there can a signal raise anything.
    """
    arrived = False

    def note(before: Callable[[int, FrameType | None], object], number: int, frame: Any) -> None:
        nonlocal arrived
        arrived = True
        before(number, frame)

    in_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in ENDING_SIGNALS if in_main}
    watched = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number, handler in watched.items():
        signal.signal(number, functools.partial(note, handler))
    try:
        yield lambda: arrived
    finally:
        for number, handler in watched.items():
            signal.signal(number, handler)

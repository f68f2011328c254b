"""How runs are interrupted, from the command line and from Python alike."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hpobench.contract import signals

if TYPE_CHECKING:
    from hpobench.running.local.worker_processes import ForkServer


@contextlib.contextmanager
def interruptible(kept: str, warn: Callable[[str], None]) -> Iterator[None]:
    """Let every signal that asks a process to end raise ``KeyboardInterrupt`` in the block.

    ``warn`` is then given ``kept``, which says what is kept and how to go on, and the exception
    goes on to the caller. The handlers from before come back at the end of the block and not
    earlier, because a second signal may arrive during clean-up. Only the main thread can have
    handlers; in another one this only passes the exception on.
    """
    main = threading.current_thread() is threading.main_thread()
    numbers = signals.ENDING_SIGNALS if main else ()
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:
        warn(f"interrupted; {kept}")
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def workers(kept: str, warn: Callable[[str], None]) -> Iterator[Callable[[], ForkServer]]:
    """What starts processes for virtual cells in the block, which is interruptible."""
    from hpobench.running.cluster.connect import needs_ray
    from hpobench.running.local.worker_processes import ForkServers

    soon = not needs_ray("virtual", None)
    with ForkServers(soon=soon) as servers, interruptible(kept, warn):
        yield servers.start

"""Drawing many figures at once, on all cores: drawing is most of a report's time."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.drawing import draw
from hpobench.analysis.figures import Figure

if TYPE_CHECKING:
    from concurrent.futures import Future

    from loky import ProcessPoolExecutor

IDLE_SECONDS = 60
"""After which the processes that draw end; on a busy machine one may wait 10 for its first figure,
and loky warns of a process that ended while there was work."""


def start(figure: Figure, table: pd.DataFrame, stem: Path) -> Future[list[Path]]:
    """Draw ``table`` in another process and save it as ``stem``.png and ``stem``.pdf.

    What drawing raises, the future's result raises.
    """
    executor = _processes()
    resource_tracker.ensure_running()  # or loky does it among the processes, and unblocks signals
    with _interrupting_us_alone():
        future: Future[list[Path]] = executor.submit(_draw, figure, table, stem)
    return future


@contextlib.contextmanager
def given_up_on_error() -> Iterator[None]:
    """If the block raises, on an interrupt say, give up all figures that are being drawn: this
    process could not end before they are."""
    try:
        yield
    except BaseException:
        executor = _processes()
        # Before the shutdown takes their semaphores away: those that begin just now would print
        # tracebacks about it.
        for number in list(executor._processes or ()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        executor.shutdown(kill_workers=True)
        raise


def _processes() -> ProcessPoolExecutor:
    """Fresh interpreters rather than forks: whoever writes a report may have threads (Ray's,
    say)."""
    from loky import get_reusable_executor

    return get_reusable_executor(timeout=IDLE_SECONDS)


@contextlib.contextmanager
def _interrupting_us_alone() -> Iterator[None]:
    """A terminal's Ctrl-C goes to every process. Those begun in the block inherit that it is
    blocked, and print no tracebacks beside our message. This process answers it after the block,
    also if it reaches a thread that does not block it: a process that is half begun would print a
    traceback too."""
    came: list[FrameType | None] = []
    handler = signal.getsignal(signal.SIGINT)
    # Python sets handlers in the main thread alone.
    ours = callable(handler) and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, lambda _, frame: came.append(frame))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:
            signal.signal(signal.SIGINT, handler)
    if came and callable(handler):
        handler(signal.SIGINT, came[0])


def _draw(figure: Figure, table: pd.DataFrame, stem: Path) -> list[Path]:
    from hpobench.analysis.drawing.style import save  # it imports matplotlib

    return save(draw(figure, table), stem)

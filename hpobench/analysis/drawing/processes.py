"""Drawing many figures at once, on all cores: drawing is most of a report's time."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hpobench.analysis.drawing.style import save

if TYPE_CHECKING:
    from concurrent.futures import Future

    from loky import ProcessPoolExecutor
    from matplotlib.figure import Figure

IDLE_SECONDS = 10
"""After which the processes that draw end."""


class Drawn(NamedTuple):
    """A figure that lies in two files."""

    png: Path
    pdf: Path
    width: float
    """Inches."""


def start(draw: Callable[[], Figure], stem: Path) -> Future[Drawn]:
    """Draw a figure in another process and save it as ``stem``.png and ``stem``.pdf.

    ``draw`` is pickled. What it raises, the future's result raises.
    """
    executor = _processes()
    resource_tracker.ensure_running()  # or loky does it among the processes, and unblocks signals
    with _interrupting_us_alone():
        future: Future[Drawn] = executor.submit(_draw, draw, stem)
    return future


@contextlib.contextmanager
def given_up_on_error() -> Iterator[None]:
    """If the block raises, on an interrupt say, give up all figures that are being drawn: this
    process could not end before they are."""
    try:
        yield
    except BaseException:
        _processes().shutdown(kill_workers=True)
        raise


def _processes() -> ProcessPoolExecutor:
    """Fresh interpreters rather than forks: whoever writes a report may have threads (Ray's,
    say)."""
    from loky import get_reusable_executor

    return get_reusable_executor(timeout=IDLE_SECONDS)


@contextlib.contextmanager
def _interrupting_us_alone() -> Iterator[None]:
    """A terminal's Ctrl-C goes to every process. Those begun in the block inherit that it is
    blocked, and print no tracebacks beside our message."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _draw(draw: Callable[[], Figure], stem: Path) -> Drawn:
    figure = draw()
    png, pdf = save(figure, stem)
    return Drawn(png, pdf, figure.get_figwidth())

"""Drawing many figures at once, on all cores: drawing is most of a report's time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hpobench.figures.style import save

if TYPE_CHECKING:
    from concurrent.futures import Future

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
    from loky import get_reusable_executor

    # Fresh interpreters rather than forks: whoever writes a report may have threads (Ray's, say).
    future: Future[Drawn] = get_reusable_executor(timeout=IDLE_SECONDS).submit(_draw, draw, stem)
    return future


def _draw(draw: Callable[[], Figure], stem: Path) -> Drawn:
    figure = draw()
    png, pdf = save(figure, stem)
    return Drawn(png, pdf, figure.get_figwidth())

"""What a run shows of itself: a display on a terminal, plain lines elsewhere, or nothing.

The command line shows everything. From Python a run is quiet unless it is asked, and what it would
have printed goes to the logger ``hpobench``.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from hpobench.verbs.tally import Tally, duration

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hpobench.running.experiment import Progress
    from hpobench.store.batch import Batch
    from hpobench.store.problems import ProblemRows

_LINE_S = 10.0
_LOG = logging.getLogger("hpobench")


class Display(Protocol):
    """Where a run says what it does."""

    def note(self, text: str) -> None:
        """``text`` says what was done."""

    def warn(self, text: str) -> None:
        """``text`` says what needs attention; may be called from any thread."""

    def watching(self) -> AbstractContextManager[Sequence[Progress]]:
        """The observers of the cells that run inside the block."""


class Quiet:
    """Prints nothing: notes and warnings go to the logger ``hpobench``."""

    def note(self, text: str) -> None:
        _LOG.info(text)

    def warn(self, text: str) -> None:
        _LOG.warning(text)

    def watching(self) -> AbstractContextManager[Sequence[Progress]]:
        return contextlib.nullcontext(())


class Shown:
    """Prints notes and the progress of cells to standard output, warnings to standard error."""

    def note(self, text: str) -> None:
        print(text, flush=True)

    def warn(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def watching(self) -> Iterator[Sequence[Progress]]:
        if sys.stdout.isatty():
            display = LiveProgress()
            with display.live:
                yield [display]
        else:
            yield [LineProgress()]


class Pace:
    """Says when the next line is due: every ten seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def due(self, now: float, *, last: bool) -> bool:
        """Whether a line is due at ``now``; the ``last`` one always is."""
        if now < self._next and not last:
            return False
        self._next = now + _LINE_S
        return True


class LineProgress:
    """A plain line every ten seconds."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._pace = Pace()

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.tally.begin(total, stored, problems)
        self._pace.due(time.monotonic(), last=True)
        print(f"{total} cells, {stored} of them stored by earlier runs", flush=True)

    def update(self, batches: Sequence[Batch], running: int) -> None:
        tally = self.tally
        tally.update(batches, running)
        complete = tally.stored + tally.finished == tally.total
        if not self._pace.due(time.monotonic(), last=complete):
            return
        text = f"{tally.stored + tally.finished}/{tally.total} cells, {tally.failed} failed"
        if tally.left is not None:
            text += f", {duration(tally.elapsed)} gone, {duration(tally.left)} left"
        for name, regret, _ in tally.leaders(1):
            text += f"; leader: {name} ({regret:+.3f})"
        print(text, flush=True)


class LiveProgress:
    """A bar, the counts and the leaders, redrawn in place."""

    def __init__(self) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn

        self.tally = Tally()
        self._bar = Progress(
            TextColumn("{task.completed}/{task.total} cells"),
            BarColumn(bar_width=40),
            TextColumn("{task.fields[counts]}"),
        )
        self._task = self._bar.add_task("cells", total=None, counts="starting")
        self.live = Live(get_renderable=self._render, refresh_per_second=4)

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.tally.begin(total, stored, problems)
        self._bar.update(self._task, total=total, completed=stored)

    def update(self, batches: Sequence[Batch], running: int) -> None:
        tally = self.tally
        tally.update(batches, running)
        counts = f"{tally.running} running  {tally.failed} failed"
        if tally.left is not None:
            counts += f"  {duration(tally.left)} left"
        completed = tally.stored + tally.finished
        self._bar.update(self._task, completed=completed, counts=counts)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        parts: list[RenderableType] = [self._bar]
        leaders = self.tally.leaders(5)
        if leaders:
            table = Table(box=None, title="leaders so far", title_justify="left")
            table.add_column("algorithm")
            table.add_column("regret against all", justify="right")
            table.add_column("cells", justify="right")
            for name, regret, cells in leaders:
                table.add_row(Text(name), f"{regret:+.4f}", str(cells))
            parts.append(table)
        return Group(*parts)

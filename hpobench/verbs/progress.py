"""What a run shows of itself: a display on a terminal, plain lines elsewhere, or nothing.

The command line shows everything. From Python a run is quiet unless it is asked, and what it would
have printed goes to the logger ``hpobench``.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from hpobench.contract.wording import duration, printable, shortened
from hpobench.verbs.tally import Tally

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hpobench.recording.record import TrialCounts
    from hpobench.reporting.answer import Answer
    from hpobench.running.plan.experiment import Progress
    from hpobench.store.write.batch import Batch
    from hpobench.store.write.problem_rows import ProblemRows

_LINE_S = 10.0
_LOG = logging.getLogger("hpobench")


class Display:
    """Where a run says what it does: here, to the logger ``hpobench``."""

    def note(self, text: str) -> None:
        """``text`` says what was done."""
        _LOG.info(text)

    def warn(self, text: str) -> None:
        """``text`` says what needs attention; may be called from any thread."""
        _LOG.warning(text)

    def watching(self) -> AbstractContextManager[Sequence[Progress]]:
        """The observers of the cells that run inside the block."""
        return contextlib.nullcontext(())

    def training(
        self,
        total: int,  # noqa: ARG002 - for those that show it
    ) -> AbstractContextManager[Callable[[TrialCounts], None]]:
        """What is told inside the block how many of ``total`` trials are recorded."""
        return contextlib.nullcontext(lambda _counts: None)

    def drawing(self, done: int, total: int) -> None:
        """``done`` of ``total`` figures of the report are drawn."""
        if done == 0:
            _LOG.info("drawing %s figures", total)

    def answer(self, answer: Answer) -> None:
        """Who leads in the results that a report is about."""
        from hpobench.reporting.answer_text import advice

        for sentence in advice(answer):
            _LOG.info(sentence)


class Shown(Display):
    """Prints notes and the progress of cells to standard output, warnings to standard error."""

    def __init__(self, *, verbose: bool = False) -> None:
        """``verbose``: print a line for each cell that has ended, too."""
        self._more = [CellLines()] if verbose else []

    def note(self, text: str) -> None:
        print(printable(shortened(text)), flush=True)

    def warn(self, text: str) -> None:
        print(printable(shortened(text)), file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def watching(self) -> Iterator[Sequence[Progress]]:
        # Elsewhere, as in logs of a CI, a bar would be thousands of lines.
        if sys.stdout.isatty():
            display = LiveProgress()
            with display.live:
                yield [display, *self._more]
        else:
            yield [LineProgress(), *self._more]

    @contextlib.contextmanager
    def training(self, total: int) -> Iterator[Callable[[TrialCounts], None]]:
        if not sys.stdout.isatty():
            yield TrialLines(total)
            return
        from rich.progress import Progress as Bar

        with Bar(transient=True) as bar:
            task = bar.add_task("starting Ray", total=total)

            def report(counts: TrialCounts) -> None:
                bar.update(task, completed=counts.finished, description=_trials(counts, total))

            yield report

    def drawing(self, done: int, total: int) -> None:
        if sys.stdout.isatty():
            end = "\r" if done < total else "\n"
            print(f"drawing {total} figures: {done} done", end=end, flush=True)
        elif done == 0:
            print(f"drawing {total} figures", flush=True)

    def answer(self, answer: Answer) -> None:
        show_answer(answer)


def show_answer(answer: Answer) -> None:
    """Print who leads to standard output, between blank lines."""
    from hpobench.reporting.answer_text import can_draw, lines

    print("", *lines(answer, blocks=can_draw(sys.stdout.encoding)), "", sep="\n", flush=True)


class Brief(Display):
    """Prints the advice and warnings alone, or where standard output is for programs, without
    ``advice``, warnings alone."""

    def __init__(self, *, advice: bool = True) -> None:
        self._advice = advice

    def note(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        print(printable(shortened(text)), file=sys.stderr, flush=True)

    def drawing(self, done: int, total: int) -> None:
        pass

    def answer(self, answer: Answer) -> None:
        if self._advice:
            from hpobench.reporting.answer_text import advice

            print(*advice(answer), sep="\n", flush=True)


class CellLines:
    """A line for each cell that has ended."""

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        pass

    def update(self, batches: Sequence[Batch], running: int) -> None:  # noqa: ARG002 - all say it
        for batch in batches:
            for ended in batch.ended:
                print(printable(f"{ended.cell}: {ended.status}"), flush=True)


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


class TrialLines:
    """A plain line every ten seconds, and at the end, while trials are recorded."""

    def __init__(self, total: int) -> None:
        self._total, self._pace = total, Pace()
        self._first: tuple[int, float] | None = None

    def __call__(self, counts: TrialCounts) -> None:
        now = time.monotonic()
        if not self._pace.due(now, last=counts.finished >= self._total):
            return
        text = _trials(counts, self._total)
        # By the pace since the first report: before it Ray and its workers start.
        done, begin = self._first = self._first or (counts.finished, now)
        if counts.finished > done:
            left = (now - begin) / (counts.finished - done) * (self._total - counts.finished)
            text += f", {duration(left)} left"
        print(text, flush=True)


def _trials(counts: TrialCounts, total: int) -> str:
    return f"{counts.finished}/{total} trials, {counts.failed} failed"


class LineProgress(Tally):
    """A plain line every ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._pace = Pace()

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        super().begin(total, stored, problems)
        self._pace.due(time.monotonic(), last=True)
        print(f"{total} cells, {stored} of them stored by earlier runs", flush=True)

    def update(self, batches: Sequence[Batch], running: int) -> None:
        super().update(batches, running)
        ended = self.stored + self.finished
        if not self._pace.due(time.monotonic(), last=ended == self.total):
            return
        why = f"{self.failed} failed (`hpobench status` will say why)"
        parts = [f"{ended}/{self.total} cells, {why if self.failed else 'none failed'}"]
        parts.append(f"{duration(self.elapsed)} gone")
        if outlook := self.outlook():
            parts.append(outlook)
        text = ", ".join(parts)
        if len(best := self.leaders(2)) == 2:
            (first, regret, _), (second, next_regret, _) = best
            if (gap := next_regret - regret) > 0:
                text += f"; so far {first} leads, with a mean regret {gap:.3f} lower than that of "
                text += second
            else:
                text += f"; so far {first} and {second} lead with the same mean regret"
        print(text, flush=True)


class LiveProgress(Tally):
    """A bar, the counts and the leaders, redrawn in place."""

    def __init__(self) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__()
        self._bar = Progress(
            TextColumn("{task.completed}/{task.total} cells"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[counts]}"),
        )
        self._task = self._bar.add_task("cells", total=None, counts="starting")
        self.live = Live(get_renderable=self._render, refresh_per_second=4)

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        super().begin(total, stored, problems)
        self._bar.update(self._task, total=total, completed=stored)

    def update(self, batches: Sequence[Batch], running: int) -> None:
        super().update(batches, running)
        # A line of 80 columns has room for this.
        counts = f"{self.running} running, {self.failed} failed  {self.outlook()}"
        self._bar.update(self._task, completed=self.stored + self.finished, counts=counts)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        parts: list[RenderableType] = [self._bar]
        if leaders := self.leaders(5):
            table = Table(box=None)
            table.add_column("leading so far")
            table.add_column("mean regret above the first's", justify="right")
            table.add_column("cells", justify="right")
            for name, regret, cells in leaders:
                # Text: square brackets in labels are not rich's markup.
                table.add_row(Text(name), f"{regret - leaders[0][1]:+.3f}", str(cells))
            parts.append(table)
        return Group(*parts)

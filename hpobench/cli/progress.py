"""Progress of a run: a display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hpobench.store.problems import ProblemRows
    from hpobench.store.writer import Outcome

_LINE_S = 10.0


def duration(seconds: float) -> str:
    """``seconds`` for a person: ``42 s``, ``3 min 5 s``, ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Tally:
    """Counts and leaders so far."""

    def __init__(self) -> None:
        self.total = self.stored = self.done = self.failed = self.running = 0
        self._problems: ProblemRows = {}
        self._regrets: dict[tuple[str, int, int], dict[str, float]] = defaultdict(dict)
        self._leaders: list[tuple[str, float, int]] = []
        self._begin = time.monotonic()

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.total, self.stored, self._problems = total, stored, problems
        self._begin = time.monotonic()

    def update(self, outcomes: Sequence[Outcome], running: int) -> None:
        self.running = running
        for outcome in outcomes:
            if outcome.cell["status"] == "done":
                self.done += 1
            else:
                self.failed += 1
            cell = outcome.cell
            name = f"{cell['searcher']} + {cell['scheduler']}"
            block = cell["problem"], cell["seed"], cell["workers"]
            if (regret := self._final_regret(outcome)) is not None:
                self._regrets[block][name] = regret
        if outcomes:
            self._leaders = self._ranking()

    def _final_regret(self, outcome: Outcome) -> float | None:
        """Normalised regret of the incumbent at the end; 1 for a cell without any result, ``None``
        where the problem has no reference losses."""
        problem, losses = self._problems[outcome.cell["problem"]], outcome.events["loss"].to_numpy()
        if problem["optimum"] is None:
            return None
        if not len(losses) or outcome.cell["status"] != "done":
            return 1.0
        best = int(losses.argmin())
        heldout = outcome.events["heldout"][best].as_py()
        value = losses[best] if heldout is None else heldout
        span = problem["clip"] - problem["optimum"]
        return float(min(max((value - problem["optimum"]) / span, 0.0), 1.0))

    @property
    def finished(self) -> int:
        return self.done + self.failed

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._begin

    @property
    def left(self) -> float | None:
        """Seconds left, by the pace so far; ``None`` before the first cell."""
        if not self.finished:
            return None
        return self.elapsed / self.finished * (self.total - self.stored - self.finished)

    def leaders(self, n: int) -> list[tuple[str, float, int]]:
        """The ``n`` best algorithms so far, each with its mean difference in final normalised
        regret to the mean of all on the same problem, seed and workers, and its number of cells.
        Problems without reference losses take no part."""
        return self._leaders[:n]

    def _ranking(self) -> list[tuple[str, float, int]]:
        # Differences within a problem, seed and workers: not everything has run everywhere yet.
        ahead: dict[str, list[float]] = defaultdict(list)
        for block in self._regrets.values():
            mean = sum(block.values()) / len(block)
            for name, regret in block.items():
                ahead[name].append(regret - mean)
        rows = [(name, sum(x) / len(x), len(x)) for name, x in ahead.items()]
        return sorted(rows, key=lambda row: (row[1], row[0]))


class LineProgress:
    """A plain line every ten seconds."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._next = 0.0

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.tally.begin(total, stored, problems)
        self._next = time.monotonic() + _LINE_S
        click.echo(f"{total} cells, {stored} of them stored by earlier runs")

    def update(self, outcomes: Sequence[Outcome], running: int) -> None:
        tally = self.tally
        tally.update(outcomes, running)
        complete = tally.stored + tally.finished == tally.total
        if time.monotonic() < self._next and not complete:
            return
        self._next = time.monotonic() + _LINE_S
        text = f"{tally.stored + tally.finished}/{tally.total} cells, {tally.failed} failed"
        if tally.left is not None:
            text += f", {duration(tally.elapsed)} gone, {duration(tally.left)} left"
        for name, regret, _ in tally.leaders(1):
            text += f"; leader: {name} ({regret:+.3f})"
        click.echo(text)


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
        self._task = self._bar.add_task("cells", total=None, counts="starting Ray")
        self.live = Live(get_renderable=self._render, refresh_per_second=4)

    def begin(self, total: int, stored: int, problems: ProblemRows) -> None:
        self.tally.begin(total, stored, problems)
        self._bar.update(self._task, total=total, completed=stored)

    def update(self, outcomes: Sequence[Outcome], running: int) -> None:
        tally = self.tally
        tally.update(outcomes, running)
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


@contextlib.contextmanager
def progress() -> Iterator[LineProgress | LiveProgress]:
    """What suits standard output, shown inside the block."""
    if sys.stdout.isatty():
        display = LiveProgress()
        with display.live:
            yield display
    else:
        yield LineProgress()

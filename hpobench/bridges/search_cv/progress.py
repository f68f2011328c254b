"""The progress of a search on a terminal."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hpobench.bridges.search_cv import search
from hpobench.bridges.search_cv.candidate import CandidateProblem


@contextlib.contextmanager
def shown(problem: CandidateProblem, candidates: int, *, verbose: int) -> Iterator[search.Progress]:
    """What is called after each result; with ``verbose`` it shows a bar on standard error."""
    if not verbose:
        yield lambda *_: None
        return
    console = Console(stderr=True)
    console.print(describe(problem), highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        shown_task = bar.add_task("candidates", total=candidates)

        def update(over: int, best: float) -> None:
            score = f", best score {best:.4g}" if math.isfinite(best) else ""
            bar.update(shown_task, completed=over, description=f"candidates{score}")

        yield update


def describe(problem: CandidateProblem) -> str:
    """What candidates are tried with."""
    splits = len(problem.task.splits)
    if problem.resource is None:
        return f"every candidate is fitted {splits} times, with all of the data"
    steps = problem.fidelity.steps
    shares = ", ".join(
        "all" if rung == steps else f"1/{steps // rung}" for rung in sorted(problem.rungs)
    )
    return f"candidates are scored with {shares} of {problem.resource.name}, on {splits} splits"

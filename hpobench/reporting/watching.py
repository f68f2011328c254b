"""A report that is written anew while its suite runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from hpobench.contract.errors import StoreError, UsageError
from hpobench.reporting.html import Drawing, write_report
from hpobench.reporting.stored_answer import made_of
from hpobench.store.format import index
from hpobench.store.read.decision import decision_sentence
from hpobench.store.read.reader import Results, load_plan, load_results

PATIENCE = 3
"""Looks in a row at unreadable results, after which they are taken for damaged: while a run stores
cells, files that are read may be replaced by others."""


def report_of(
    folder: Path,
    *,
    every: float | None = None,
    figures: bool = False,
    drawing: Drawing = lambda _done, _total: None,
) -> tuple[Path, Results]:
    """Write ``folder/report``; returns its page and what it is about.

    ``every``: an open page loads itself anew after so many seconds while planned runs are missing.
    ``figures``: also draw all figures as PNG and PDF files; ``drawing`` is told how many are drawn.
    """
    key = made_of(folder)  # before reading: a run may add cells meanwhile
    results = load_results(folder)
    reload = every if every and not _complete(results) else None
    page = write_report(
        results,
        folder / "report",
        decision=decision_sentence(folder),
        reload=reload,
        made_of=None if reload else key,
        figures=figures,
        drawing=drawing,
    )
    return page, results


def watch(folder: Path, every: float, tell: Callable[[str], None]) -> None:
    """Write the report again whenever cells came in, looking every so many seconds, until no
    planned cell is missing. ``tell`` gets a line for each report."""
    load_plan(folder)  # where there is none, nothing runs here
    seen, failures = -1, 0
    while True:
        stamp = _stamp(folder)
        if stamp != seen:
            try:
                page, results = report_of(folder, every=every)
            except StoreError:
                failures += 1
                if failures == PATIENCE:
                    raise
            except UsageError:
                pass  # no cell has ended yet
            else:
                seen, failures = stamp, 0
                planned = len(results.plan["cells"])
                tell(f"{len(results.cells):,} of {planned:,} runs: {page}")
                if _complete(results):
                    return
        time.sleep(every)


def _complete(results: Results) -> bool:
    return set(results.plan["cells"]) <= set(results.cells["cell"])


def _stamp(folder: Path) -> int:
    """When cells were stored last."""
    with contextlib.suppress(FileNotFoundError):  # a run may be folding its files
        return max((p.stat().st_mtime_ns for p in index.cell_files(folder)), default=0)
    return 0

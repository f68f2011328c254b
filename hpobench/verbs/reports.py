"""The report, the answer and the status of a results folder, and the site of the evidence."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hpobench.contract.errors import StoreError, UsageError

if TYPE_CHECKING:
    from hpobench.reporting.answer import Answer
    from hpobench.reporting.html import Drawing
    from hpobench.reporting.site.builder import BuiltSite
    from hpobench.store.read.reader import Results
    from hpobench.verbs.progress import Display

PATIENCE = 3
"""Looks in a row at unreadable results, after which they are taken for damaged: while a run stores
cells, files that are read may be replaced by others."""
STATUSES = ("done", "failed", "timeout", "missing")
_MOST = 5_000_000
"""Results of which the answer is computed here: it takes about ten seconds. Of more, the report
computes it."""


class Report(NamedTuple):
    """A report that is written."""

    page: Path
    answer: Answer


def write_page(folder: Path, display: Display, *, anew: bool, figures: bool = False) -> Report:
    """Write the report of the results in ``folder``, and tell its answer and its page.

    Unless ``anew``, a report that was made of the same results by the same version stays.
    ``figures``: beside an anew page, draw all figures as PNG and PDF files.
    """
    from hpobench.reporting.answer import PAGE, read_answer, up_to_date

    kept = None if anew else up_to_date(folder)
    if kept is None:
        page, _ = _report_of(folder, figures=figures, drawing=display.drawing)
        _, answer = read_answer(page.parent)
    else:
        page, answer = folder / "report" / PAGE, kept
    display.answer(answer)
    if kept is not None:
        display.note(f"its report is there already; `hpobench report {folder}` draws it again")
    display.note(f"report: {page}")
    return Report(page, answer)


def _report_of(
    folder: Path,
    *,
    every: float | None = None,
    figures: bool = False,
    drawing: Drawing = lambda _done, _total: None,
) -> tuple[Path, Results]:
    """Write ``folder/report``; returns its page and what it is about.

    ``every``: an open page loads itself anew after so many seconds while planned runs are missing.
    ``drawing`` is told how many figures are drawn.
    """
    from hpobench.reporting.answer import made_of
    from hpobench.reporting.html import write_report
    from hpobench.store.read.reader import decision_sentence, load_results

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
    from hpobench.store.format import index
    from hpobench.store.read.reader import load_plan

    load_plan(folder)  # where there is none, nothing runs here
    seen, failures = -1, 0
    while True:
        stamp = 0
        with contextlib.suppress(FileNotFoundError):  # a run may be folding its files
            stamp = max((p.stat().st_mtime_ns for p in index.cell_files(folder)), default=0)
        if stamp != seen:
            try:
                page, results = _report_of(folder, every=every)
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


def status(folder: Path, *, answer: bool = True) -> tuple[dict[str, Any], Answer | None, str]:
    """How far the run in ``folder`` is: its cells by :data:`STATUSES`, the ``errors`` of those that
    did not end well by their ids, and the ``missing_cells``; who leads, unless no ``answer`` is
    wanted; and why there is none where it could be expected."""
    from hpobench.store.read.reader import load_cells, load_plan

    planned = load_plan(folder)["cells"]
    columns = ("cell", "status", "error", "results")
    stored = {row["cell"]: row for row in load_cells(folder, columns)}
    rows = [stored[name] for name in planned if name in stored]
    missing = [name for name in planned if name not in stored]
    counts = Counter(row["status"] for row in rows) + Counter(missing=len(missing))
    facts: dict[str, Any] = {name: counts[name] for name in STATUSES}
    facts["errors"] = {row["cell"]: row["error"] for row in rows if row["status"] != "done"}
    facts["missing_cells"] = missing
    results = sum(row["results"] for row in rows)
    return facts, *(_answer(folder, results) if answer and counts["done"] else (None, ""))


def _answer(folder: Path, results: int) -> tuple[Answer | None, str]:
    """Who leads in so many stored ``results``, or why that is not said here."""
    from hpobench.reporting.answer import up_to_date

    if (kept := up_to_date(folder)) is not None:
        return kept, ""
    here = any(folder.glob("events-*.parquet"))
    # A small copy of a folder in an object store has no events.
    if not here or results > _MOST:
        return None, "`hpobench report` says who leads: it reads all that was stored"
    from hpobench.analysis.study import Study
    from hpobench.reporting.answer_of_study import answer
    from hpobench.store.read.reader import load_results

    try:
        return answer(Study(load_results(folder))), ""
    except StoreError as error:
        return None, f"who leads cannot be told now: {error}"


def site(out: Path, folders: Sequence[Path], evidence: Path | None) -> BuiltSite:
    """Write pages about the archive ``evidence``, by default the shipped one, into ``out``."""
    from hpobench.evidence.archive import shipped
    from hpobench.reporting.site.builder import build_site

    return build_site(out, evidence or shipped(), folders)

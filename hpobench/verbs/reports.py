"""The report and the answer of a results folder, for run, report and status alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hpobench.reporting.answer import Answer
    from hpobench.verbs.progress import Display


class Report(NamedTuple):
    """A report that is written."""

    page: Path
    answer: Answer


def write_page(folder: Path, display: Display, *, anew: bool, figures: bool = False) -> Report:
    """Write the report of the results in ``folder``, and tell its answer and its page.

    Unless ``anew``, a report that was made of the same results by the same version stays.
    ``figures``: beside an anew page, draw all figures as PNG and PDF files.
    """
    from hpobench.reporting.stored_answer import PAGE, read_answer, up_to_date
    from hpobench.reporting.watching import report_of

    kept = None if anew else up_to_date(folder)
    if kept is None:
        page, _ = report_of(folder, figures=figures, drawing=display.drawing)
        _, answer = read_answer(page.parent)
    else:
        page, answer = folder / "report" / PAGE, kept
    display.answer(answer)
    if kept is not None:
        display.note(f"its report is there already; `hpobench report {folder}` draws it again")
    display.note(f"report: {page}")
    return Report(page, answer)


def answer_of(folder: Path) -> Answer:
    """The answer of the results in ``folder``: the report's, if that is up to date."""
    from hpobench.analysis.study import Study
    from hpobench.reporting.answer import answer
    from hpobench.reporting.stored_answer import up_to_date
    from hpobench.store.read.reader import load_results

    return up_to_date(folder) or answer(Study(load_results(folder)))

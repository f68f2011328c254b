"""The options of verbs that end with a report, and how they end."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from hpobench.cli.shared import Output, output_options, print_json

if TYPE_CHECKING:
    from hpobench.reporting.answer import Answer
    from hpobench.verbs.reports import Report


class Ending(NamedTuple):
    """How much a verb prints, and whether it opens the page."""

    output: Output
    open_page: bool

    def end(self, report: Report | None, **facts: Any) -> None:
        """Print what is left to print of ``report`` and the ``facts`` beside it, and open its
        page."""
        if self.output.as_json:
            print_json({**facts, **report_json(report)})
        elif self.output.quiet and report is not None:
            click.echo(report.page)
        if self.open_page and report is not None:
            _open(report.page)


def ending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``-q``, ``-v``, ``--json`` and ``--open``; :class:`Ending` takes their values."""
    output = output_options(
        quiet="Print the advice, the page and warnings only.",
        verbose="Print a line for each run that ends, too.",
    )
    page = click.option(
        "--open", "open_page", is_flag=True, help="Open the report in the browser at the end."
    )
    return output(page(command))


def report_json(report: Report | None) -> dict[str, Any]:
    """The facts of ``report``."""
    if report is None:
        return {"page": None, **answer_json(None)}
    return {"page": str(report.page), **answer_json(report.answer)}


def answer_json(found: Answer | None) -> dict[str, Any]:
    """The facts of an answer, and its sentence."""
    if found is None:
        return {"answer": None, "advice": None}
    from hpobench.reporting.answer_text import advice
    from hpobench.reporting.stored_answer import as_json

    return {"answer": as_json(found), "advice": advice(found)}


def _open(page: Path) -> None:
    if not webbrowser.open(page.resolve().as_uri()):
        click.echo(f"no browser can be started here; open {page} yourself", err=True)

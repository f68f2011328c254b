"""``status``: what of a suite is done, failed and missing, and who leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.ending import answer_json
from hpobench.cli.shared import Output, ResultsFolder, output_options, print_json

if TYPE_CHECKING:
    from hpobench.reporting.answer import Answer

_STATUSES = ("done", "failed", "timeout", "missing")
_MOST = 5_000_000
"""Results of which the answer is computed here: it takes about ten seconds. Of more, the report
computes it."""


@click.command()
@click.argument("folder", type=ResultsFolder(small=True))
@click.option("--errors/--no-errors", default=True, help="Show the first line of each error.")
@output_options(
    quiet="Only count the cells.", verbose="Name the missing cells, and show errors in full."
)
def status(folder: Path, errors: bool, output: Output) -> None:
    """Show how far the run in FOLDER (like results/quick) is, and who leads by now.

    Ends with code 1 unless every cell is done.
    """
    from hpobench.cli.tables import printable, show
    from hpobench.store.read.reader import load_cells, load_plan

    planned = load_plan(folder)["cells"]
    columns = ("cell", "status", "error", "results")
    stored = {row["cell"]: row for row in load_cells(folder, columns)}
    rows = [stored[name] for name in planned if name in stored]
    missing = [name for name in planned if name not in stored]
    counts = Counter(row["status"] for row in rows) + Counter(missing=len(missing))
    failed = [row for row in rows if row["status"] != "done"]
    found, why = (None, "") if output.quiet else _answer(folder, rows)
    if output.as_json:
        print_json(
            {
                **{name: counts[name] for name in _STATUSES},
                "errors": {row["cell"]: row["error"] for row in failed},
                "missing_cells": missing,
                **answer_json(found),
            }
        )
    else:
        totals = ", ".join(f"{counts[name]} {name}" for name in _STATUSES)
        click.echo(f"{len(planned)} cells: {totals}")
        if errors and failed and not output.quiet:
            show(("cell", "error"), [(row["cell"], _error(row, output.verbose)) for row in failed])
        for name in missing if output.verbose else ():
            click.echo(printable(f"missing: {name}"))
        if found is not None:
            from hpobench.verbs.progress import show_answer

            show_answer(found)
        if why:
            click.echo(printable(why), err=True)
    if counts["done"] < len(planned):
        raise SystemExit(1)


def _error(row: Mapping[str, Any], verbose: bool) -> str:
    error = str(row["error"] or "")
    return error if verbose else error.partition("\n")[0]


def _answer(folder: Path, rows: Sequence[Mapping[str, Any]]) -> tuple[Answer | None, str]:
    """Who leads in the stored ``rows``, or why that is not said here."""
    from hpobench.contract.errors import StoreError
    from hpobench.reporting.stored_answer import up_to_date
    from hpobench.verbs.reports import answer_of

    if not any(row["status"] == "done" for row in rows):
        return None, ""
    if (kept := up_to_date(folder)) is not None:
        return kept, ""
    here = any(folder.glob("events-*.parquet"))
    if not here or sum(row["results"] for row in rows) > _MOST:
        return None, "`hpobench report` says who leads: it reads all that was stored"
    try:
        return answer_of(folder), ""
    except StoreError as error:
        return None, f"who leads cannot be told now: {error}"

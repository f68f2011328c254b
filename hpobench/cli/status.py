"""``status``: what of a suite is done, failed and missing, and who leads."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli import shared
from hpobench.contract.wording import printable
from hpobench.verbs import reports
from hpobench.verbs.progress import show_answer


@click.command()
@click.argument("folder", type=shared.ResultsFolder(small=True))
@click.option("--errors/--no-errors", default=True, help="Show the first line of each error.")
@shared.output_options(
    quiet="Only count the cells.", verbose="Name the missing cells, and show errors in full."
)
def status(folder: Path, errors: bool, output: shared.Output) -> None:
    """Show how far the run in FOLDER (like results/quick) is, and who leads by now.

    Ends with code 1 unless every cell is done.
    """
    facts, answer, silence = reports.status(folder, answer=not output.quiet)
    cells = sum(facts[name] for name in reports.STATUSES)
    if output.as_json:
        from hpobench.reporting.answer_text import answer_json

        shared.print_json({**facts, **answer_json(answer)})
    else:
        totals = ", ".join(f"{facts[name]} {name}" for name in reports.STATUSES)
        click.echo(f"{cells} cells: {totals}")
        if errors and facts["errors"] and not output.quiet:
            texts = {cell: str(text or "") for cell, text in facts["errors"].items()}
            # The first line names the error; what follows is a traceback or what a library says.
            lines = None if output.verbose else 1
            rows = [(cell, "\n".join(text.split("\n")[:lines])) for cell, text in texts.items()]
            shared.show(("cell", "error"), rows)
        for name in facts["missing_cells"] if output.verbose else ():
            click.echo(printable(f"missing: {name}"))
        if answer is not None:
            show_answer(answer)
        if silence:
            click.echo(printable(silence), err=True)
    if facts["done"] < cells:
        raise SystemExit(1)

"""``status``: what of a suite is done, failed and missing, and who leads."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli import shared
from hpobench.contract.wording import printable


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
    from hpobench.verbs import reports
    from hpobench.verbs.progress import show_answer

    found = reports.status(folder, answer=not output.quiet)
    if output.as_json:
        shared.print_json(found.to_json())
    else:
        totals = ", ".join(f"{found.counts[name]} {name}" for name in reports.STATUSES)
        click.echo(f"{found.cells} cells: {totals}")
        if errors and found.errors and not output.quiet:
            texts = {cell: str(text or "") for cell, text in found.errors.items()}
            lines = None if output.verbose else 1
            rows = [(cell, "\n".join(text.split("\n")[:lines])) for cell, text in texts.items()]
            shared.show(("cell", "error"), rows)
        for name in found.missing if output.verbose else ():
            click.echo(printable(f"missing: {name}"))
        if found.answer is not None:
            show_answer(found.answer)
        if found.silence:
            click.echo(printable(found.silence), err=True)
    if found.counts["done"] < found.cells:
        raise SystemExit(1)

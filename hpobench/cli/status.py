"""``status``: what of a suite is done, failed and missing, and who leads."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import Output, ResultsFolder, output_options, print_json


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
    from hpobench.cli.tables import show
    from hpobench.contract.wording import printable
    from hpobench.verbs.progress import show_answer
    from hpobench.verbs.status import STATUSES
    from hpobench.verbs.status import status as status_of

    found = status_of(folder, answer=not output.quiet)
    if output.as_json:
        print_json(found.to_json())
    else:
        totals = ", ".join(f"{found.counts[name]} {name}" for name in STATUSES)
        click.echo(f"{found.cells} cells: {totals}")
        if errors and found.errors and not output.quiet:
            texts = {cell: str(text or "") for cell, text in found.errors.items()}
            lines = None if output.verbose else 1
            rows = [(cell, "\n".join(text.split("\n")[:lines])) for cell, text in texts.items()]
            show(("cell", "error"), rows)
        for name in found.missing if output.verbose else ():
            click.echo(printable(f"missing: {name}"))
        if found.answer is not None:
            show_answer(found.answer)
        if found.silence:
            click.echo(printable(found.silence), err=True)
    if found.counts["done"] < found.cells:
        raise SystemExit(1)

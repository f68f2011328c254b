"""``paper``: run what is missing of the study, draw its figures, and set the paper."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import say


@click.command()
@click.argument("figure", required=False)
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results/paper"),
    show_default=True,
    help="Folder of the study's results; the paper and its figures are written into it.",
)
@click.option("--quick", is_flag=True, help="Fewer searchers and seeds, into RESULTS/quick.")
@click.option(
    "--checklist",
    is_flag=True,
    help="Run nothing: print the reproducibility checklist of the results that are stored.",
)
def paper(figure: str | None, results: Path, quick: bool, checklist: bool) -> None:
    """Make the paper, as PDF and as LaTeX source, or one FIGURE of it.

    Runs of the study that are stored already are not run again.
    """
    from hpobench.contract.errors import UsageError
    from hpobench.paper.make import Making

    if figure is not None and checklist:
        raise UsageError("give either FIGURE or --checklist, not both")
    making = Making(results, click.echo, quick=quick)
    if figure is not None:
        click.echo("\n".join(map(str, making.figure(figure))))
    elif not checklist:
        pdf, source = making.paper()
        click.echo(f"paper: {pdf}\nLaTeX: {source}")
    else:
        answers, missing = making.checklist()
        topic = ""
        for asked in answers:
            if asked.topic != topic:
                click.echo(f"\n{asked.topic}" if topic else asked.topic)
                topic = asked.topic
            say(f"  {asked.question}", indent="  ")
            say(f"    {asked.answer}", indent="    ")
        if missing:
            click.echo(f"\nnot run yet: {', '.join(missing)}")

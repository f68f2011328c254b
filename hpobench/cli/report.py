"""``report``: figures, tables and a page from stored results."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import ResultsFolder


@click.command()
@click.argument("folder", type=ResultsFolder(writes=True))
@click.option(
    "--watch",
    is_flag=True,
    help="While a suite runs: write the report anew whenever runs have ended, until all have; the "
    "open page follows.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=15.0,
    show_default=True,
    help="With --watch: seconds between two looks.",
)
def report(folder: Path, watch: bool, every: float) -> None:
    """Write the report of the results in FOLDER (like results/quick)."""
    if watch:
        from hpobench.reporting.watching import watch as follow

        follow(folder, every, click.echo)
        return
    from hpobench.verbs.execution import write_page
    from hpobench.verbs.progress import Shown

    write_page(folder, Shown())

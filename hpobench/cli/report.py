"""``report``: figures, tables and a page from stored results."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.ending import Ending, ending_options
from hpobench.cli.shared import Output, ResultsFolder


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
@click.option(
    "--figures",
    is_flag=True,
    help="Also draw every figure as PNG and PDF, for papers, into FOLDER/report/figures.",
)
@ending_options
def report(
    folder: Path, watch: bool, every: float, figures: bool, output: Output, open_page: bool
) -> None:
    """Write the report of the results in FOLDER (like results/quick), and say who leads."""
    ending = Ending(output, open_page)
    if watch:
        from hpobench.contract.errors import UsageError
        from hpobench.reporting.watching import watch as follow

        if any(output) or open_page or figures:
            raise UsageError(
                "--watch prints a line for each report; leave out the options of its end"
            )
        follow(folder, every, click.echo)
        return
    from hpobench.verbs.reports import write_page

    ending.end(write_page(folder, output.display(), anew=True, figures=figures))

"""``report``: figures, tables and a page from stored results."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import Output, ResultsFolder, end_with_report, report_options
from hpobench.contract.errors import UsageError
from hpobench.verbs import reports


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
@report_options
def report(
    folder: Path, watch: bool, every: float, figures: bool, output: Output, open_page: bool
) -> None:
    """Write the report of the results in FOLDER (like results/quick), and say who leads."""
    if not watch:
        written = reports.write_page(folder, output.display(), anew=True, figures=figures)
        end_with_report(written, output, open_page=open_page)
    # It prints until all runs have ended, so that there is no end to be brief or to open a page.
    elif any(output) or open_page or figures:
        raise UsageError("--watch prints a line for each report; leave out the options of its end")
    else:
        reports.watch(folder, every, click.echo)

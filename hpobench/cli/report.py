"""``report``: figures, tables and a page from stored results."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
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
    if not watch:
        make_report(folder)
        return
    from hpobench.reporting.watching import watch as follow

    follow(folder, every, click.echo)


def make_report(folder: Path) -> None:
    """Write ``folder/report`` and name its page."""
    from hpobench.reporting.watching import report_of

    page, _ = report_of(folder)
    click.echo(f"report: {page}")

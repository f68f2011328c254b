"""``report``: figures, tables and a page from stored results."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def report(folder: Path) -> None:
    """Write the report of the results in FOLDER (like results/quick)."""
    make_report(folder)


def make_report(folder: Path) -> None:
    """Write ``folder/report`` and name its page."""
    from hpobench.report.html import write_report
    from hpobench.store.reader import load_results

    page = write_report(load_results(folder), folder / "report")
    click.echo(f"report: {page}")

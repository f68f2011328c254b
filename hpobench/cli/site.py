"""``site``: pages made of the evidence, to be opened from a disk or published."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli import shared
from hpobench.verbs import reports


@click.command()
@click.argument("out", type=shared.Written())
@click.argument("folders", nargs=-1, type=shared.ResultsFolder())
@click.option(
    "--evidence", type=shared.FILE, help="An archive of one's own instead of the shipped one."
)
@shared.output_options(quiet="Print only the first page.")
def site(
    out: Path, folders: tuple[Path, ...], evidence: Path | None, output: shared.Output
) -> None:
    """Write pages about the archive of evidence into OUT, a new folder or an earlier site.

    They have leaderboards at every budget, advice, and a card for each searcher, scheduler and
    problem; the suites with results in FOLDERS get the same pages. They need no server.
    """
    built = reports.site(out, folders, evidence)
    facts = {"page": str(built.page), "files": built.files, "bytes": built.size}
    size = f"{built.files:,} files, {built.size / 1e6:.1f} MB"
    output.end(facts, built.page, f"{built.page}: {size}")

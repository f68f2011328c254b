"""``merge``: results folders as one: the parts of a run, or results of different suites."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import ResultsFolder


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=ResultsFolder(),
)
@click.option(
    "--into",
    type=ResultsFolder(writes=True, exists=False),
    help="The folder to write; by default that of the suite's name beside the parts of a run.",
)
def merge(folders: tuple[Path, ...], into: Path | None) -> None:
    """Bring the results in FOLDERS into one results folder.

    All parts of a run (like results/quick.shard-*) become what one run would have made. Results of
    other suites, which may differ in searchers, schedulers, problems and seeds, become those of
    their union. A cell that several folders hold is taken once; if its bytes are not the same in
    all, it is named, nothing is written, and the code is 2. Ends with code 1 if cells are missing,
    which `hpobench run SUITE` adds.
    """
    from hpobench.store.merging import merge as merged

    folder, stored, planned = merged(folders, into)
    click.echo(f"{folder}: {stored} of {planned} cells from {len(folders)} folders")
    click.echo(f"`hpobench report {folder}` writes the report")
    if stored < planned:
        raise SystemExit(1)

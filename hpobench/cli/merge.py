"""``merge``: the parts of a run, made by `run --shard`, as one."""

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
    help="The folder to write; by default that of the suite's name beside the parts.",
)
def merge(folders: tuple[Path, ...], into: Path | None) -> None:
    """Bring all parts of a run, in FOLDERS (like results/quick.shard-*), into one results folder.

    It is the same as if one run had made it. Ends with code 1 if cells are missing, which
    `hpobench run SUITE` adds.
    """
    from hpobench.store.merging import merge as merged

    folder, stored, planned = merged(folders, into)
    click.echo(f"{folder}: {stored} of {planned} cells from {len(folders)} parts")
    click.echo(f"`hpobench report {folder}` writes the report")
    if stored < planned:
        raise SystemExit(1)

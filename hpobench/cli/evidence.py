"""``evidence``: the archive that advice rests on, made of stored runs."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import Commands, ResultsFolder


@click.group("evidence", cls=Commands)
def group() -> None:
    """Make the archive of runs that advice rests on."""


@group.command()
@click.argument("folders", nargs=-1, required=True, type=ResultsFolder())
@click.option(
    "--into",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The archive to write.",
)
def make(folders: tuple[Path, ...], into: Path) -> None:
    """Distil the results in FOLDERS (like results/evidence) into an archive.

    It keeps some 100 bytes of each virtual run on a problem with frozen references: what was
    reached at thirty budgets up to 100 full trials, how long the searcher thought, and a hash of
    the run's results. The shipped suites whose names begin with `evidence` are made for it.
    `hpobench merge` joins it with other archives.
    """
    from hpobench.evidence.archive import joined
    from hpobench.evidence.distilling import distilled

    archive = joined([*map(distilled, folders)])
    archive.write(into)
    click.echo(f"{into}: {archive.summary}, {into.stat().st_size / 1e6:.2f} MB")

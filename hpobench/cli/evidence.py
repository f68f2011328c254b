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
@click.option(
    "--onto",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An archive whose runs are kept beside the new ones.",
)
def make(folders: tuple[Path, ...], into: Path, onto: Path | None) -> None:
    """Distil the results in FOLDERS (like results/evidence) into an archive.

    It keeps some 100 bytes of each virtual run on a problem with frozen references: what was
    reached at thirty budgets up to 100 full trials, how long the searcher thought, and a hash of
    the run's results. The suites `evidence`, `evidence-workers` and `evidence-stopping` are made
    for it.
    """
    from hpobench.evidence.archive import joined, read_archive
    from hpobench.evidence.distilling import distilled

    archive = joined([*([read_archive(onto)] if onto else []), *map(distilled, folders)])
    archive.write(into)
    families = {facts.family for facts in archive.problems.values()}
    click.echo(
        f"{into}: {len(archive.runs):,} runs of {len(archive.searchers)} searchers on "
        f"{len(archive.problems)} problems of {len(families)} families, "
        f"{into.stat().st_size / 1e6:.2f} MB"
    )

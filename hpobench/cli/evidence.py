"""``evidence``: the archive that advice rests on, made of stored runs and added to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.archives import write_archive
from hpobench.cli.shared import (
    Commands,
    Output,
    ResultsFolder,
    Written,
    cpus_option,
    output_options,
    plugin_option,
    values_option,
)
from hpobench.contract.wording import duration

if TYPE_CHECKING:
    from hpobench.verbs.addition import Addition


@click.group("evidence", cls=Commands)
def group() -> None:
    """Make the archive of runs that advice rests on, and add to it."""


@group.command()
@click.argument("folders", nargs=-1, required=True, type=ResultsFolder())
@click.option(
    "--into",
    required=True,
    type=Written(dir_okay=False),
    help="The archive to write.",
)
@output_options(quiet="Print the archive alone.")
def make(folders: tuple[Path, ...], into: Path, output: Output) -> None:
    """Distil the results in FOLDERS (like results/evidence) into an archive.

    It keeps some 100 bytes of each virtual run on a problem with frozen references: what was
    reached at thirty budgets up to 100 full trials, how long the searcher thought, and a hash of
    the run's results. The shipped suites whose names begin with `evidence` are made for it.
    `hpobench merge` joins it with other archives.
    """
    from hpobench.evidence.archive import joined
    from hpobench.evidence.distilling import distilled

    write_archive(joined([*map(distilled, folders)]), into, output)


@group.command()
@click.argument("searcher")
@values_option
@plugin_option
@click.option(
    "--suite",
    "chosen",
    multiple=True,
    help="One of the suites of the evidence instead of all, such as evidence-slow for a searcher "
    "that thinks for longer; repeatable.",
)
@click.option("--seeds", help="These seeds instead of the suites': 0-9, or 0,4,7.")
@cpus_option
@click.option(
    "--results",
    type=Written(file_okay=False),
    help="Folder of the runs, by default results/evidence-SEARCHER.",
)
@click.option(
    "--into",
    type=Written(dir_okay=False),
    help="The archive to write, by default evidence.parquet in the folder of the runs.",
)
@output_options(quiet="Print the archive and warnings alone.")
def add(
    searcher: str,
    options: dict[str, Any],
    plugins: tuple[Path, ...],
    chosen: tuple[str, ...],
    seeds: str | None,
    cpus: int | None,
    results: Path | None,
    into: Path | None,
    output: Output,
) -> None:
    """Run the suites of the evidence with SEARCHER alone, one of a plugin file or of the registry,
    and write the shipped archive with the new runs.

    Runs that the archive holds are not run again, nor those that an earlier call has finished: the
    same command goes on after Ctrl-C. Problems whose data is not here are left out and named; once
    it is fetched the same command adds them. Ends with code 1 if runs failed, which count in the
    archive as the clip value.
    """
    from hpobench.evidence.archive import read_archive, shipped
    from hpobench.evidence.suites import evidence_suites
    from hpobench.verbs.addition import plan_addition, run_addition

    display = output.display()
    addition = plan_addition(
        {**options, "name": searcher},
        evidence_suites(chosen),
        read_archive(shipped()),
        plugins=plugins,
        seeds=seeds,
        display=display,
    )
    for line in _announced(addition, cpus):
        output.note(line)
    folder = results or Path("results") / f"evidence-{searcher}"
    archive, counts = run_addition(addition, folder, cpus=cpus, display=display)
    write_archive(archive, into or folder / "evidence.parquet", output, cells=dict(counts))
    if counts["done"] < counts.total():
        raise SystemExit(1)


def _announced(addition: Addition, cpus: int | None) -> Iterator[str]:
    """What is about to run, and what is left out."""
    from hpobench.running.cluster import cpus_here

    cpus = cpus or cpus_here()
    for part in addition.parts:
        held = f", {part.known:,} more are in the archive" if part.known else ""
        yield f"{part.suite.name}: {len(part.plan.cells):,} cells{held}"
    for reason, problems in addition.left_out.items():
        yield f"left out: {problems} problem{'' if problems == 1 else 's'}: {reason}"
    yield (
        f"{addition.cells:,} cells: at most about {duration(addition.seconds(cpus))} on {cpus} "
        f"processor{'' if cpus == 1 else 's'}, and what the searcher thinks"
    )

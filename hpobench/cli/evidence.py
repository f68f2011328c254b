"""``evidence``: the archive that advice rests on, made of stored runs and added to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hpobench.cli import shared
from hpobench.cli.changing import values_option


@click.group("evidence", cls=shared.Commands)
def group() -> None:
    """Make the archive of runs that advice rests on, and add to it."""


@group.command()
@click.argument("folders", nargs=-1, required=True, type=shared.ResultsFolder())
@click.option("--into", required=True, type=shared.NEW_FILE, help="The archive to write.")
@shared.output_options(quiet="Print only the archive.")
def make(folders: tuple[Path, ...], into: Path, output: shared.Output) -> None:
    """Distil the results in FOLDERS (like results/evidence) into an archive.

    It keeps some 100 bytes of each virtual run on a problem with frozen references: what was
    reached at thirty budgets up to 100 full evaluations, how long the searcher thought, and a hash
    of the run's results. The shipped suites whose names begin with `evidence` are made for it.
    `hpobench merge` joins it with other archives.
    """
    from hpobench.verbs import archives  # it brings pyarrow

    line, facts = archives.make(folders, into)
    output.end(facts, into, line)


@group.command()
@click.argument("searcher")
@values_option
@shared.plugin_option
@click.option(
    "--suite",
    "suites",
    multiple=True,
    help="One of the suites of the evidence instead of all, such as evidence-slow for a searcher "
    "that thinks for longer; repeatable.",
)
@click.option("--seeds", help="These seeds instead of the suites': 0-9, or 0,4,7.")
@shared.cpus_option
@click.option(
    "--results",
    type=shared.NEW_FOLDER,
    help="Folder of the runs, by default results/evidence-SEARCHER.",
)
@click.option(
    "--into",
    type=shared.NEW_FILE,
    help="The archive to write, by default evidence.parquet in the folder of the runs.",
)
@shared.output_options(quiet="Print only the archive and warnings.")
def add(searcher: str, options: dict[str, Any], output: shared.Output, **given: Any) -> None:
    """Run the suites of the evidence with SEARCHER alone, one of a plugin file or of the registry,
    and write the shipped archive with the new runs.

    Runs that the archive holds are not run again, nor those that an earlier call has finished: the
    same command goes on after Ctrl-C. Problems whose data is not here are left out and named; once
    it is fetched the same command adds them. Ends with code 1 if runs failed, which count in the
    archive as the clip value.
    """
    from hpobench.verbs import archives

    line, facts = archives.add(searcher, options, display=output.display(), **given)
    output.end(facts, facts["archive"], line)
    if facts["cells"].get("done", 0) < sum(facts["cells"].values()):
        raise SystemExit(1)

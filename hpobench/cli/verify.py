"""``verify``: whether stored results are undamaged, their repair, and whether they repeat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hpobench.cli.shared import Stored, plugin_option


@click.command()
@click.argument("stored", metavar="FOLDER|FILE|evidence", type=Stored(writes=True))
@click.option("--repair", is_flag=True, help="Restore what can be restored and drop the rest.")
@click.option(
    "--sample",
    "cells",
    type=click.IntRange(min=1),
    help="Run so many stored cells again, drawn at random, and demand the same bytes. This runs "
    "what the suite names, as `hpobench run` does.",
)
@click.option("--seed", type=int, help="Draw the sample with another seed than 0.")
@plugin_option
@click.option(
    "--cpus", type=click.IntRange(min=1), help="Processors of this machine to use, by default all."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Wall seconds after which a cell of the sample is given up, by default 3600.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all that the sample showed to this file.",
)
def verify(stored: Path, repair: bool, json_file: Path | None, **options: Any) -> None:
    """Check every stored file of the results in FOLDER (like results/quick), or an archive of
    evidence in FILE; `evidence` is the one that comes with hpobench.

    Names what is damaged and the cells that it costs, and ends with code 1 if anything is. With
    --repair, files of which there is a copy are restored, and cells whose results are damaged are
    dropped, so that the next `hpobench run` makes them anew; files that cannot be used are moved
    into FOLDER/damaged. What trials printed and journals of running cells are not checked. A file
    that is no undamaged archive ends it with code 2.

    With --sample N, N cells of undamaged results run again; those of an archive are found in the
    suites of the evidence. Says which altered cells this would have shown, with what probability,
    and ends with code 1 if a cell differs or none could run.
    """
    from hpobench.contract.errors import UsageError

    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "cells" not in given and (given or json_file):
        raise UsageError("--seed, --plugin, --cpus, --timeout and --json are for --sample")
    if repair and given:
        raise UsageError("--sample is for undamaged results; run --repair alone before")
    if stored.is_dir():
        _verify_folder(stored, given, json_file, repair=repair)
    elif repair:
        raise UsageError(f"{stored}: an archive has no copies to repair it from; take it anew")
    else:
        _verify_archive(stored, given, json_file)


def _verify_folder(
    folder: Path, given: Mapping[str, Any], json_file: Path | None, *, repair: bool
) -> None:
    _check(folder, repair=repair)
    if given:
        from hpobench.cli.sample import show_sample
        from hpobench.verbs.progress import Shown
        from hpobench.verbs.verification import SampleOptions, run_sample

        show_sample(
            run_sample(folder, SampleOptions(**given), Shown().warn), json_file, _plugins(folder)
        )


def _verify_archive(file: Path, given: Mapping[str, Any], json_file: Path | None) -> None:
    from hpobench.evidence.archive import read_archive

    archive = read_archive(file)
    click.echo(f"{file}: undamaged: {archive.summary}")
    if given:
        from hpobench.cli.sample import show_sample
        from hpobench.evidence.suites import evidence_suites
        from hpobench.verbs.archive_sample import verify_archive
        from hpobench.verbs.progress import Shown
        from hpobench.verbs.verification import SampleOptions

        options = SampleOptions(**given)
        found = verify_archive(archive, evidence_suites(), options, Shown().warn)
        show_sample(found, json_file)


def _plugins(folder: Path) -> list[str]:
    """The plugin files with which the results in ``folder`` were made."""
    from hpobench.store import index
    from hpobench.suites.suitetext import plugins_named

    file = folder / index.SUITE
    return plugins_named(index.read_sealed(file)) if file.exists() else []


def _check(folder: Path, *, repair: bool) -> None:
    from hpobench.cli.tables import printable
    from hpobench.store.damage import find_damage
    from hpobench.store.damage import repair as repaired
    from hpobench.store.files import listed

    found = find_damage(folder)
    for damage in found:
        cost = f"; costs {listed(damage.cells)}" if damage.cells else ""
        click.echo(printable(f"{damage.path}: {damage.reason}{cost}"))
    if not found:
        click.echo(f"{folder}: undamaged")
        return
    if not repair:
        click.echo(f"`hpobench verify {folder} --repair` restores what it can and drops the rest")
        raise SystemExit(1)
    for line in repaired(folder):
        click.echo(printable(line))
    click.echo("`hpobench run` with the same suite makes anew what is missing")

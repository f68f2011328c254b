"""``verify``: whether stored results are undamaged, their repair, and whether they repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hpobench.cli.shared import ResultsFolder, plugin_option


@click.command()
@click.argument("folder", type=ResultsFolder(writes=True))
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
def verify(folder: Path, repair: bool, json_file: Path | None, **options: Any) -> None:
    """Check every stored file of the results in FOLDER (like results/quick).

    Names what is damaged and the cells that it costs, and ends with code 1 if anything is. With
    --repair, files of which there is a copy are restored, and cells whose results are damaged are
    dropped, so that the next `hpobench run` makes them anew; files that cannot be used are moved
    into FOLDER/damaged. What trials printed and journals of running cells are not checked.

    With --sample N, N cells of undamaged results run again. Says which altered cells this would
    have shown, with what probability, and ends with code 1 if a cell differs or none could run.
    """
    from hpobench.contract.errors import UsageError

    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "cells" not in given and (given or json_file):
        raise UsageError("--seed, --plugin, --cpus, --timeout and --json are for --sample")
    if repair and given:
        raise UsageError("--sample is for undamaged results; run --repair alone before")
    _check(folder, repair=repair)
    if given:
        from hpobench.cli.sample import show_sample

        show_sample(folder, given, json_file)


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

"""``verify``: whether stored results are undamaged, and their repair."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import ResultsFolder


@click.command()
@click.argument("folder", type=ResultsFolder(writes=True))
@click.option("--repair", is_flag=True, help="Restore what can be restored and drop the rest.")
def verify(folder: Path, repair: bool) -> None:
    """Check every stored file of the results in FOLDER (like results/quick).

    Names what is damaged and the cells that it costs, and ends with code 1 if anything is. With
    --repair, files of which there is a copy are restored, and cells whose results are damaged are
    dropped, so that the next `hpobench run` makes them anew; files that cannot be used are moved
    into FOLDER/damaged. What trials printed and journals of running cells are not checked.
    """
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

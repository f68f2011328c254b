"""``data``: list, fetch and verify data sets that are not shipped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from hpobench.cli import shared
from hpobench.contract.errors import NotAvailableError
from hpobench.verbs import installed


@click.group("data", cls=shared.Commands)
def group() -> None:
    """Data sets that are not shipped.

    They are looked for in the folder that HPOBENCH_DATA names, then in the user's own
    (XDG_DATA_HOME/hpobench, or ~/.local/share/hpobench). Only `fetch` uses the network.
    """


@group.command("list")
@shared.output_options(quiet="Print only the names.")
def show_all(output: shared.Output) -> None:
    """The data sets: for which problems, their size, licence, state and citation."""
    found = installed.data_sets()
    if output.as_json or output.quiet:
        output.end(list(map(installed.facts, found)), "\n".join(one.dataset.name for one in found))
        return
    rows = [
        (one.name, f"{one.size / 1e6:,.1f}", one.licence, state, ", ".join(one.problems))
        for one, state in ((copy.dataset, copy.state) for copy in found)
    ]
    shared.show(("data set", "MB", "licence", "state", "for"), rows, wrapped=True)
    for one in found:
        click.echo()
        shared.say(f"{one.dataset.name}: {one.dataset.title}")
        shared.say(f"  cite  {one.dataset.citation}", indent="    ")
        text = one.folder if one.state == "here" else one.mending
        shared.say(f"  {one.state}: {text}", indent="    ")
    click.echo(f"\nlooked for in {' and '.join(map(str, installed.roots()))}")


@group.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--to", metavar="FOLDER", type=shared.NEW_FOLDER, help="The data folder to put them into."
)
@shared.output_options(quiet="Print only the folders of the data sets.")
def fetch(names: tuple[str, ...], to: Path | None, output: shared.Output) -> None:
    """Download data sets, and check what comes.

    NAME is a data set that `data list` shows, or openml:ID for one of OpenML's. Files that are
    there and good stay as they are. Ends with code 1 if something could not be had.
    """
    # The first folder is the one that HPOBENCH_DATA names, or else the user's own.
    root = installed.roots()[0] if to is None else to.absolute()
    facts: list[dict[str, Any]] = []
    for name in names:
        try:
            wanted = installed.Wanted.named(name, root)
            for line in wanted.lines():
                output.note(line)
            with _progress(wanted, output) as tell:
                files = wanted.fetch(tell)
        except NotAvailableError as error:
            # The others may still be had.
            facts.append({"name": name, "error": str(error)})
            click.echo(f"{name}: {error}", err=True)
            continue
        if output.quiet:
            click.echo(wanted.folder)
        output.note(f"  fetched  {', '.join(files)}" if files else "  all of it was there")
        one = wanted.dataset
        about = {"name": one.name, "title": one.title, "licence": one.licence}
        about |= {"citation": one.citation, "source": one.url or one.source}
        facts.append({**about, "folder": str(wanted.folder), "fetched": list(files)})
    failed = sum("error" in one for one in facts)
    if failed < len(names) and (advice := installed.advice(root)):
        output.note(advice)
    if output.as_json:
        shared.print_json(facts)
    if failed:
        raise SystemExit(1)


@contextlib.contextmanager
def _progress(
    wanted: installed.Wanted, output: shared.Output
) -> Iterator[Callable[[str, int], None]]:
    """Shows a bar for each file on a terminal, and nothing elsewhere."""
    if output.quiet or output.as_json or not sys.stdout.isatty():
        yield lambda path, done: None  # noqa: ARG005
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn()) as bars:
        tasks = {}

        def tell(path: str, done: int) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(path, total=wanted.dataset.downloads[path].size)
            bars.update(tasks[path], completed=done)

        yield tell


@group.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@shared.output_options(quiet="Name only damaged and missing data sets.")
def verify(names: tuple[str, ...], output: shared.Output) -> None:
    """Read the data sets NAME..., or all that are there, and compare their hashes.

    Ends with code 1 if a file is not what it should be, or NAME is not there.
    """
    there, absent = installed.verify(names)
    facts: list[dict[str, Any]] = []
    for copy in there:
        name, state = copy.dataset.name, "damaged" if copy.faults else "good"
        faults = {str(path): text for path, text in copy.faults.items()}
        facts.append({"name": name, "state": state, "folder": str(copy.folder), "faults": faults})
        if not output.as_json and (faults or not output.quiet):
            click.echo(f"{name}: {state}, {copy.folder}")
            for path, text in faults.items():
                click.echo(f"  {copy.folder / path} {text}")
            if faults:
                click.echo(f"  {copy.mending}")
    if output.as_json:
        shared.print_json([*facts, *({"name": name, "state": "absent"} for name in absent)])
    else:
        for name, text in absent.items():
            click.echo(f"{name}: {text}")
        if not facts and not absent:
            output.note("no data set is there")
    if absent or any(copy.faults for copy in there):
        raise SystemExit(1)

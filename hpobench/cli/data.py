"""``data``: list, fetch and verify data sets that are not shipped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import Commands, json_option, print_json
from hpobench.cli.tables import fill, show

if TYPE_CHECKING:
    from hpobench.data.catalogue import Dataset
    from hpobench.data.download import Tell
    from hpobench.data.local import Found


@click.group("data", cls=Commands)
def group() -> None:
    """Data sets that are not shipped.

    They are looked for in the folder that HPOBENCH_DATA names, then in the user's own
    (XDG_DATA_HOME/hpobench, or ~/.local/share/hpobench). Only `fetch` uses the network.
    """


@group.command("list")
@json_option
def show_all(as_json: bool) -> None:
    """The data sets: for which problems, their size, licence, state and citation."""
    from hpobench.data.local import everything, look, roots

    found = [look(dataset) for dataset in everything()]
    if as_json:
        print_json(list(map(_facts, found)))
        return
    show(("data set", "MB", "licence", "state", "for"), list(map(_row, found)), wrapped=True)
    for one in found:
        click.echo(f"\n{one.dataset.name}: {one.dataset.title}")
        click.echo(fill(f"  cite  {one.dataset.citation}", "    "))
        text = one.folder if one.state == "here" else one.mending
        click.echo(fill(f"  {one.state}: {text}", "    "))
    click.echo(f"\nlooked for in {' and '.join(map(str, roots()))}")


@group.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--to",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder to put them into.",
)
def fetch(names: tuple[str, ...], to: Path | None) -> None:
    """Download data sets, and check what comes.

    NAME is a data set that `data list` shows, or openml:ID for one of OpenML's. Files that are
    there and good stay as they are. Ends with code 1 if something could not be had.
    """
    from hpobench.contract.errors import NotAvailableError
    from hpobench.data.local import VARIABLE, roots

    root = roots()[0] if to is None else to.absolute()
    failed = 0
    for name in names:
        try:
            _fetch(name, root)
        except NotAvailableError as error:
            failed += 1
            click.echo(f"{name}: {error}", err=True)
    if failed < len(names) and root not in roots():
        click.echo(f"to use what is there: export {VARIABLE}={root}")
    if failed:
        raise SystemExit(1)


@group.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
def verify(names: tuple[str, ...]) -> None:
    """Read the data sets NAME..., or all that are there, and compare their hashes.

    Ends with code 1 if a file is not what it should be, or NAME is not there.
    """
    from hpobench.data import local

    chosen = [local.dataset(name) for name in names] or local.everything()
    copies = [local.Found(d, root, local.verify(d, root)) for d in chosen for root in local.roots()]
    there = [copy for copy in copies if copy.state != "absent"]
    for copy in there:
        click.echo(f"{copy.dataset.name}: {'damaged' if copy.faults else 'good'}, {copy.folder}")
        for path, text in copy.faults.items():
            click.echo(f"  {copy.folder / path} {text}")
        if copy.faults:
            click.echo(f"  {copy.mending}")
    absent = [d for d in chosen if names and d not in [copy.dataset for copy in there]]
    for dataset in absent:
        click.echo(f"{dataset.name}: {local.missing(dataset.name)}")
    if not (there or absent):
        click.echo("no data set is there")
    if absent or any(copy.faults for copy in there):
        raise SystemExit(1)


def _row(found: Found) -> tuple[str, ...]:
    dataset, megabytes = found.dataset, f"{found.dataset.size / 1e6:,.1f}"
    problems = ", ".join(dataset.problems)
    return dataset.name, megabytes, dataset.licence, found.state, problems


def _facts(found: Found) -> dict[str, Any]:
    dataset = found.dataset
    names = ("name", "title", "problems", "size", "licence", "citation", "source")
    facts = {name: getattr(dataset, name) for name in names}
    mending = None if found.state == "here" else found.mending
    return {**facts, "state": found.state, "folder": str(found.folder), "mending": mending}


def _fetch(name: str, root: Path) -> None:
    """Print what the data set is, whose it is and where it goes; then fetch it."""
    from hpobench.data import catalogue, openml
    from hpobench.data.download import fetch
    from hpobench.data.local import megabytes

    of_openml = catalogue.is_openml(name)
    dataset = openml.described(name, root) if of_openml else catalogue.listed(name)
    size = f" ({megabytes(dataset.size)})" if dataset.files else ""
    click.echo(f"{name}: {dataset.title}{size}")
    click.echo(f"  licence  {dataset.licence}")
    click.echo(f"  cite     {dataset.citation}")
    archive = f" ({megabytes(dataset.archive.size)}, not kept)" if dataset.archive else ""
    click.echo(f"  from     {dataset.url or dataset.source}{archive}")
    click.echo(f"  into     {root / dataset.folder}")
    if of_openml:
        files = openml.fetch(dataset, root)
    else:
        with _progress(dataset) as tell:
            files = fetch(dataset, root, tell)
    click.echo(f"  fetched  {', '.join(files)}" if files else "  all of it was there")


@contextlib.contextmanager
def _progress(dataset: Dataset) -> Iterator[Tell]:
    """Shows a bar for each file on a terminal, and nothing elsewhere."""
    if not sys.stdout.isatty():
        yield lambda path, done: None  # noqa: ARG005
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn()) as bars:
        tasks = {}

        def tell(path: str, done: int) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(path, total=dataset.downloads[path].size)
            bars.update(tasks[path], completed=done)

        yield tell

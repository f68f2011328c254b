"""``data``: list, fetch and verify data sets that are not shipped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import Commands, Output, Written, output_options, print_json
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
@output_options(quiet="Print the names alone.")
def show_all(output: Output) -> None:
    """The data sets: for which problems, their size, licence, state and citation."""
    from hpobench.data.local import everything, look, roots

    found = [look(dataset) for dataset in everything()]
    if output.as_json or output.quiet:
        output.end(list(map(_facts, found)), "\n".join(one.dataset.name for one in found))
        return
    show(("data set", "MB", "licence", "state", "for"), list(map(_row, found)), wrapped=True)
    for one in found:
        click.echo()
        click.echo(fill(f"{one.dataset.name}: {one.dataset.title}"))
        click.echo(fill(f"  cite  {one.dataset.citation}", "    "))
        text = one.folder if one.state == "here" else one.mending
        click.echo(fill(f"  {one.state}: {text}", "    "))
    click.echo(f"\nlooked for in {' and '.join(map(str, roots()))}")


@group.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--to",
    metavar="FOLDER",
    type=Written(file_okay=False),
    help="The data folder to put them into.",
)
@output_options(quiet="Print the folders of the data sets alone.")
def fetch(names: tuple[str, ...], to: Path | None, output: Output) -> None:
    """Download data sets, and check what comes.

    NAME is a data set that `data list` shows, or openml:ID for one of OpenML's. Files that are
    there and good stay as they are. Ends with code 1 if something could not be had.
    """
    from hpobench.contract.errors import NotAvailableError
    from hpobench.data.local import VARIABLE, roots

    root = roots()[0] if to is None else to.absolute()
    facts = []
    for name in names:
        try:
            facts.append(_fetch(name, root, output))
        except NotAvailableError as error:
            facts.append({"name": name, "error": str(error)})
            click.echo(f"{name}: {error}", err=True)
    failed = sum("error" in one for one in facts)
    if failed < len(names) and root not in roots():
        output.note(f"to use what is there: export {VARIABLE}={root}")
    if output.as_json:
        print_json(facts)
    if failed:
        raise SystemExit(1)


@group.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@output_options(quiet="Name damaged and missing data sets alone.")
def verify(names: tuple[str, ...], output: Output) -> None:
    """Read the data sets NAME..., or all that are there, and compare their hashes.

    Ends with code 1 if a file is not what it should be, or NAME is not there.
    """
    from hpobench.data import local

    chosen = [local.dataset(name) for name in names] or local.everything()
    copies = [local.Found(d, root, local.verify(d, root)) for d in chosen for root in local.roots()]
    there = [copy for copy in copies if copy.state != "absent"]
    absent = [d for d in chosen if names and d not in [copy.dataset for copy in there]]
    if output.as_json:
        missing = [{"name": dataset.name, "state": "absent"} for dataset in absent]
        print_json([*map(_verified, there), *missing])
    else:
        _show_verified([copy for copy in there if copy.faults or not output.quiet])
        for dataset in absent:
            click.echo(f"{dataset.name}: {local.missing(dataset.name)}")
        if not (there or absent):
            output.note("no data set is there")
    if absent or any(copy.faults for copy in there):
        raise SystemExit(1)


def _show_verified(copies: Iterable[Found]) -> None:
    for copy in copies:
        click.echo(f"{copy.dataset.name}: {'damaged' if copy.faults else 'good'}, {copy.folder}")
        for path, text in copy.faults.items():
            click.echo(f"  {copy.folder / path} {text}")
        if copy.faults:
            click.echo(f"  {copy.mending}")


def _verified(copy: Found) -> dict[str, Any]:
    state = "damaged" if copy.faults else "good"
    facts = {"name": copy.dataset.name, "state": state, "folder": str(copy.folder)}
    return {**facts, "faults": {str(path): text for path, text in copy.faults.items()}}


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


def _fetch(name: str, root: Path, output: Output) -> dict[str, Any]:
    """Print what the data set is, whose it is and where it goes; then fetch it. Returns that as
    facts."""
    from hpobench.contract.wording import megabytes
    from hpobench.data import catalogue, openml
    from hpobench.data.download import fetch

    of_openml = catalogue.is_openml(name)
    dataset = openml.described(name, root) if of_openml else catalogue.listed(name)
    folder, source = root / dataset.folder, dataset.url or dataset.source
    size = f" ({megabytes(dataset.size)})" if dataset.files else ""
    archive = f" ({megabytes(dataset.archive.size)}, not kept)" if dataset.archive else ""
    output.note(f"{name}: {dataset.title}{size}")
    output.note(f"  licence  {dataset.licence}")
    output.note(f"  cite     {dataset.citation}")
    output.note(f"  from     {source}{archive}")
    output.note(f"  into     {folder}")
    if of_openml:
        files = openml.fetch(dataset, root)
    else:
        with _progress(dataset, output) as tell:
            files = fetch(dataset, root, tell)
    if output.quiet:
        click.echo(folder)
    output.note(f"  fetched  {', '.join(files)}" if files else "  all of it was there")
    facts = {"name": name, "title": dataset.title, "licence": dataset.licence}
    facts |= {"citation": dataset.citation, "source": source}
    return {**facts, "folder": str(folder), "fetched": list(files)}


@contextlib.contextmanager
def _progress(dataset: Dataset, output: Output) -> Iterator[Tell]:
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
                tasks[path] = bars.add_task(path, total=dataset.downloads[path].size)
            bars.update(tasks[path], completed=done)

        yield tell

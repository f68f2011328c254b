"""``compare``: whether newer results are worse than older ones, for CI."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpobench.cli.shared import ResultsFolder

if TYPE_CHECKING:
    from hpobench.analysis.inference.effects import Score

_FOLDER = ResultsFolder()
_FILE = click.Path(dir_okay=False, path_type=Path)
_EXIT = {"same": 0, "no regression": 0, "regression": 1, "undecided": 2}


@click.command()
@click.argument("base", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option(
    "--score",
    "scores",
    multiple=True,
    type=click.Choice(["final", "anytime"]),
    default=("final",),
    show_default=True,
    help="Normalised regret at the end, or its mean over log time; repeatable: both are tested.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(min=0, max=0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="The chance of a false alarm, over all that is tested.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, max=1),
    default=0.0,
    show_default=True,
    help="Differences in normalised regret up to this are no regression.",
)
@click.option("--json", "json_file", type=_FILE, help="Write all that was found to this file.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write a summary to this file.")
def compare(
    base: Path,
    new: Path,
    scores: tuple[Score, ...],
    alpha: float,
    tolerance: float,
    json_file: Path | None,
    markdown_file: Path | None,
) -> None:
    """Compare the results in NEW with those in BASE, of another commit or version.

    Runs are paired by the labels of searcher, scheduler and problem, and by seed. Ends with code 0
    if nothing is found worse, with 1 if something is, or fails that did not in BASE, and with 2
    if nothing can be compared: other problems, or too few seeds.
    """
    from hpobench.analysis.core.pairing import paired
    from hpobench.analysis.inference.gate import gate
    from hpobench.cli.tables import printable, show
    from hpobench.reporting import regression
    from hpobench.store import files
    from hpobench.store.reader import load_results

    with _file_errors_end_in_2():
        pairs = paired(load_results(base), load_results(new))
        found = gate(pairs, scores=list(dict.fromkeys(scores)), alpha=alpha, tolerance=tolerance)
        if json_file:
            files.replace(json_file, regression.as_json(found).encode())
        if markdown_file:
            files.replace(markdown_file, regression.markdown(found).encode())
    show(regression.header(found), regression.cells(found, regression.short_table(found)))
    for text in (regression.LEGEND, *regression.sentences(found), regression.headline(found)):
        click.echo(printable(text))
    raise SystemExit(_EXIT[found.outcome])


@contextlib.contextmanager
def _file_errors_end_in_2() -> Iterator[None]:
    """Turn file errors into usage errors, whose exit code is 2: code 1 says that something is
    worse."""
    from hpobench.contract.errors import StoreError, UsageError

    try:
        yield
    except StoreError as error:
        raise UsageError(str(error)) from error

"""``compare``: whether newer results are worse than older ones, for CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.shared import (
    Output,
    ResultsFolder,
    Written,
    failures_end_in_2,
    gate_options,
    output_options,
    print_json,
)
from hpobench.cli.tables import fill, printable, show
from hpobench.contract.package import SMOKE

if TYPE_CHECKING:
    from hpobench.analysis.inference.effects import Score
    from hpobench.analysis.inference.gate import Gate
    from hpobench.verbs.comparison import Sides

_FILE = Written(dir_okay=False)
_EXIT = {"same": 0, "no regression": 0, "regression": 1, "undecided": 2}
_REFERENCE = "reference"


class _Compared(ResultsFolder):
    """A results folder; a word stands for the stored results that come with hpobench, so that a
    folder of that name must be written as ``./reference``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(SMOKE if value == _REFERENCE else value, param, ctx)


@click.command()
@click.argument("base", metavar="BASE|reference", type=_Compared())
@click.argument("new", required=False, type=_Compared())
@click.option(
    "--base",
    "base_algorithm",
    metavar="ALGORITHM",
    help="With one folder: the algorithm of it to compare with, as SEARCHER or SEARCHER/SCHEDULER, "
    "by their labels.",
)
@click.option(
    "--new", "new_algorithm", metavar="ALGORITHM", help="With one folder: the one that is compared."
)
@click.option(
    "--score",
    "scores",
    multiple=True,
    type=click.Choice(["final", "anytime"]),
    default=("final",),
    show_default=True,
    help="Normalised regret at the end, or its mean over log time; repeatable: both are tested.",
)
@gate_options(alpha="The chance of a false alarm, over all that is tested.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write a summary to this file.")
@output_options(quiet="Print the verdict alone.", verbose="Show every row of the table.")
def compare(
    base: Path,
    new: Path | None,
    base_algorithm: str | None,
    new_algorithm: str | None,
    scores: tuple[Score, ...],
    alpha: float,
    tolerance: float,
    markdown_file: Path | None,
    output: Output,
) -> None:
    """Compare the results in the folder NEW with those in BASE, of another commit or version, or
    two algorithms of one folder.

    \b
        hpobench compare results/smoke new/smoke
        hpobench compare reference new/smoke
        hpobench compare results/tables --base optuna-tpe --new mine

    `reference` stands for the results of the suite smoke that come with hpobench. Runs are paired
    by the labels of searcher, scheduler and problem, and by seed; of two algorithms by the rest of
    these. Ends with code 0 if nothing is found worse, with 1 if something is, or fails that did
    not in BASE, and with 2 if nothing can be compared: other problems, or too few seeds.
    """
    from hpobench.analysis.core.pairing import paired
    from hpobench.analysis.inference.gate import gate
    from hpobench.reporting import regression
    from hpobench.store.format import disk

    with failures_end_in_2():
        pairs = paired(*_sides(base, new, base_algorithm, new_algorithm))
        found = gate(pairs, scores=list(dict.fromkeys(scores)), alpha=alpha, tolerance=tolerance)
        if markdown_file:
            disk.replace(markdown_file, regression.markdown(found).encode())
    if output.as_json:
        print_json(json.loads(regression.as_json(found)))
    else:
        _show(found, output)
    raise SystemExit(_EXIT[found.outcome])


def _sides(
    base: Path, new: Path | None, base_algorithm: str | None, new_algorithm: str | None
) -> Sides:
    from hpobench.contract.errors import UsageError
    from hpobench.verbs.comparison import of_algorithms, of_folders

    if new is not None and base_algorithm is None and new_algorithm is None:
        return of_folders(base, new)
    if new is None and base_algorithm is not None and new_algorithm is not None:
        return of_algorithms(base, base_algorithm, new_algorithm)
    raise UsageError(
        "name two folders, or one and two of its algorithms: `hpobench compare BASE NEW`, or "
        "`hpobench compare FOLDER --base ALGORITHM --new ALGORITHM`"
    )


def _show(found: Gate, output: Output) -> None:
    from hpobench.reporting import regression

    if not output.quiet:
        rows = found.effects if output.verbose else regression.short_table(found)
        show(regression.header(found), regression.cells(found, rows))
        for text in (regression.LEGEND, *regression.sentences(found)):
            click.echo(fill(text))
    click.echo(printable(regression.headline(found)))

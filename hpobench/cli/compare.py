"""``compare``: whether newer results are worse than older ones, for CI."""

from __future__ import annotations

import json
from typing import Any

import click

from hpobench.cli import shared
from hpobench.contract.package import SMOKE
from hpobench.contract.wording import printable

_EXIT = {"same": 0, "no regression": 0, "regression": 1, "undecided": 2}


class _Compared(shared.ResultsFolder):
    """A results folder. The word ``reference`` stands for the stored results that come with
    hpobench, so a folder of that name must be written as ``./reference``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(SMOKE if value == "reference" else value, param, ctx)


@click.command()
@click.argument("base", metavar="BASE|reference", type=_Compared())
@click.argument("new", required=False, type=_Compared())
@click.option(
    "--base",
    "base_algorithm",
    metavar="ALGORITHM",
    help="With one folder: its algorithm to compare with, as SEARCHER or SEARCHER/SCHEDULER, by "
    "their labels.",
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
@shared.gate_options(alpha="The chance of a false alarm, over all that is tested.")
@click.option("--markdown", "summary", type=shared.NEW_FILE, help="Write a summary to this file.")
@shared.output_options(quiet="Print only the verdict.", verbose="Show every row of the table.")
def compare(output: shared.Output, **options: Any) -> None:
    """Compare the results in the folder NEW with those in BASE, of another commit or version, or
    two algorithms of one folder.

    \b
        hpobench compare results/smoke new/smoke
        hpobench compare reference new/smoke
        hpobench compare results/tables --base optuna-tpe --new mine

    `reference` stands for the results of the suite smoke that come with hpobench. Runs are paired
    by the labels of searcher, scheduler and problem, and by seed; runs of two algorithms by problem
    and seed. Ends with code 0 if nothing is found worse, with 1 if something is, or fails that did
    not in BASE, and with 2 if nothing can be compared: other problems, or too few seeds.
    """
    from hpobench.reporting import regression
    from hpobench.verbs import judge

    # Code 1 says that something is worse: an error must not look like that to a CI.
    with shared.failures_end_in_2():
        found = judge.compare(**options)
    if output.as_json:
        shared.print_json(json.loads(regression.as_json(found)))
    elif not output.quiet:
        rows = found.effects if output.verbose else regression.short_table(found)
        shared.show(regression.header(found), regression.cells(found, rows))
        shared.say(regression.LEGEND, *regression.sentences(found))
    if not output.as_json:
        click.echo(printable(regression.headline(found)))
    raise SystemExit(_EXIT[found.outcome])

"""``bisect``: the release of a library where a searcher's behaviour moved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpobench.cli.shared import (
    Output,
    Written,
    complete_suite,
    cpus_option,
    failures_end_in_2,
    gate_options,
    output_options,
    plugin_option,
    selection_options,
    timeout_option,
)
from hpobench.cli.tables import fill

if TYPE_CHECKING:
    from hpobench.verbs.bisection import Bisection, Halving


def _release(ctx: click.Context, param: click.Parameter, text: str) -> str:  # noqa: ARG001 - click's signature
    from hpobench.plugins.isolation.releases import parse_release

    try:
        release = parse_release(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if release is None:
        raise click.BadParameter(f"{text!r} is no release")
    return release


@click.command()
@click.argument("suite", shell_complete=complete_suite)
@click.option(
    "--searcher",
    required=True,
    help="The searcher, by its label in the suite, or any other by its name.",
)
@click.option("--good", required=True, callback=_release, help="A release that is as it should be.")
@click.option("--bad", required=True, callback=_release, help="A release that is worse.")
@click.option(
    "--any-change",
    is_flag=True,
    help="Look for where anything changes in the runs, by a bit, not for where they become worse.",
)
@gate_options(alpha="The chance that a release as good as the good one is called worse.")
@click.option(
    "--results",
    type=Written(file_okay=False),
    default="results",
    show_default=True,
    help="Folder of results; the runs of all releases get the folder SUITE-bisect in it.",
)
@selection_options
@plugin_option
@cpus_option
@timeout_option
@output_options(quiet="Print the sentence that says where alone.")
@failures_end_in_2()
def bisect(
    suite: str,
    searcher: str,
    good: str,
    bad: str,
    any_change: bool,
    alpha: float,
    tolerance: float,
    results: Path,
    seeds: str | None,
    only: str | None,
    plugins: tuple[Path, ...],
    cpus: int | None,
    timeout: float,
    output: Output,
) -> None:
    """Find the release of a searcher's library where the searcher became worse.

    \b
        hpobench bisect smoke --searcher optuna-tpe --good 4.6.0 --bad 5.0.0

    The releases between are those that uv would install here. Each that is tried gets an
    environment of its own, runs the searcher's cells of SUITE, and is compared with the good one as
    `compare` does. One that cannot be installed, or in which no run ends well, is skipped. Finished
    cells are stored, so the same command goes on after Ctrl-C. Ends with code 0 if the place is
    found, with 1 if BAD is no worse than GOOD, and with 2 if one of these two cannot be tried,
    something that it needs is missing, or nothing can be told with so few seeds.
    """
    from hpobench.verbs.bisection import Bisection, running, suite_of
    from hpobench.verbs.judging import Judge

    chosen, library = suite_of(suite, searcher, plugins, seeds, only)
    folder, display = results / chosen.name, output.display()
    with running(folder, display, cpus, timeout) as run_cells:
        judge = Judge(any_change, alpha, tolerance)
        bisection = Bisection(chosen, library, folder, judge, run_cells, display)
        found = bisection.find(good, bad)
    _end(found, bisection, output)


def _end(found: Halving, bisection: Bisection, output: Output) -> None:
    from hpobench.verbs.bisection import command, sentence

    said, shown = sentence(found, bisection), command(found, bisection)
    facts = {
        "searcher": bisection.suite.searchers[0].label,
        "library": bisection.library,
        "moved": found.moved,
        "good": found.good if found.moved else found.releases[0],
        "bad": found.bad,
        "untried": list(found.between),
        "steps": [vars(step) for step in found.steps],
        "sentence": said,
        "command": shown,
    }
    output.end(facts, said, "", fill(said), f"`{shown}` shows it")
    if not found.moved:
        raise SystemExit(1)

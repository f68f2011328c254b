"""``bisect``: the release of a library where a searcher's behaviour moved."""

from __future__ import annotations

from typing import Any

import click

from hpobench.cli import shared


@click.command()
@shared.suite_argument()
@click.option(
    "--searcher",
    required=True,
    help="The searcher, by its label in the suite, or any other by its name.",
)
@click.option("--good", required=True, help="A release that is as it should be.")
@click.option("--bad", required=True, help="A release that is worse.")
@click.option(
    "--any-change",
    is_flag=True,
    help="Look for the release where the runs change by a bit, not where they become worse.",
)
@shared.gate_options(alpha="The chance that a release as good as the good one is called worse.")
@click.option(
    "--results",
    type=shared.NEW_FOLDER,
    default="results",
    show_default=True,
    help="Folder of results; the runs of all releases get the folder SUITE-bisect in it.",
)
@shared.selection_options
@shared.plugin_option
@shared.cpus_option
@shared.timeout_option
@shared.output_options(quiet="Print only the sentence that says where.")
@shared.failures_end_in_2()
def bisect(output: shared.Output, **options: Any) -> None:
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
    from hpobench.verbs import bisection  # it brings pandas and scipy

    found = bisection.bisect(**options, display=output.display())
    said = found["sentence"]
    output.end(found, said, "", shared.fill(said), f"`{found['command']}` shows it")
    if not found["moved"]:
        raise SystemExit(1)

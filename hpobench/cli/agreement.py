"""``agreement``: run the same cells on every stage and through a plain Tuner, and compare."""

from __future__ import annotations

from typing import Any

import click

from hpobench.cli import shared
from hpobench.verbs import verification


@click.command()
@shared.suite_argument()
@click.option("--cpus", type=shared.COUNT, help="Processors of the local Ray.")
@shared.plugin_option
@shared.selection_options
@shared.output_options(quiet="Print only differences.")
def agreement(suite: str, output: shared.Output, **options: Any) -> None:
    """Compare the decisions on the stages with those of `tune.Tuner(...).fit()` itself.

    Runs every cell of SUITE on the virtual stage (if its problem is a table), on the live stage
    without waiting, and through a plain Tuner that is given the same configurations. Say
    `workers: 1` in the suite: with more, results arrive in another order every time. Ends with
    code 1 if any history differs.
    """
    facts = []
    for cells, one in verification.agreement(suite, **options):
        facts.append(one)
        # To standard error, as the standard output of --json is for programs.
        click.echo(f"{len(facts)}/{cells} cells", err=True)
    if output.as_json:
        shared.print_json(facts)
    else:
        if not output.quiet:
            rows = [
                (
                    one["cell"],
                    ", ".join(f"{where} {count}" for where, count in one["results"].items()),
                    "DIFFERENT" if one["differences"] else "same",
                )
                for one in facts
            ]
            shared.show(("cell", "results", "histories"), rows)
        for one in facts:
            for text in one["differences"]:
                click.echo(f"{one['cell']}: {text}")
    if any(one["differences"] for one in facts):
        raise SystemExit(1)

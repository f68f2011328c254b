"""``agreement``: run the same cells on every stage and through a plain Tuner, and compare."""

from __future__ import annotations

from typing import Any

import click

from hpobench.cli.shared import (
    Output,
    complete_suite,
    output_options,
    plugin_option,
    print_json,
    selection_options,
)
from hpobench.cli.tables import show


@click.command()
@click.argument("suite", shell_complete=complete_suite)
@click.option("--cpus", type=click.IntRange(min=1), help="Processors of the local Ray.")
@plugin_option
@selection_options
@output_options(quiet="Print only differences.")
def agreement(suite: str, output: Output, **options: Any) -> None:
    """Compare the decisions on the stages with those of `tune.Tuner(...).fit()` itself.

    Runs every cell of SUITE on the virtual stage (if its problem is a table), on the live stage
    without waiting, and through a plain Tuner that is given the same configurations. Say
    `workers: 1` in the suite: with more, results arrive in another order every time. Ends with
    code 1 if any history differs.
    """
    from hpobench.suites.run_options import RunOptions
    from hpobench.verbs.agreement import agreement as compared

    facts = []
    for cells, one in compared(suite, RunOptions(**options)):
        facts.append(one)
        click.echo(f"{len(facts)}/{cells} cells", err=True)
    if output.as_json:
        print_json(facts)
    elif not output.quiet:
        rows = [
            (
                one["cell"],
                ", ".join(f"{where} {count}" for where, count in one["results"].items()),
                "DIFFERENT" if one["differences"] else "same",
            )
            for one in facts
        ]
        show(("cell", "results", "histories"), rows)
    for one in () if output.as_json else facts:
        for text in one["differences"]:
            click.echo(f"{one['cell']}: {text}")
    if any(one["differences"] for one in facts):
        raise SystemExit(1)

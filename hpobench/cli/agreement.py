"""``agreement``: run the same cells on every stage and through a plain Tuner, and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
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
@output_options(quiet="Print differences alone.")
def agreement(
    suite: str,
    cpus: int | None,
    plugins: tuple[Path, ...],
    seeds: str | None,
    only: str | None,
    output: Output,
) -> None:
    """Compare the decisions on the stages with those of `tune.Tuner(...).fit()` itself.

    Runs every cell of SUITE on the virtual stage (if its problem is a table), on the live stage
    without waiting, and through a plain Tuner that is given the same configurations. Say
    `workers: 1` in the suite: with more, results arrive in another order every time. Ends with
    code 1 if any history differs.
    """
    from hpobench.running.cluster.connect import LOCAL, connected
    from hpobench.running.proof.stage_agreement import compare
    from hpobench.suites.grid import build_plan
    from hpobench.suites.suite import load_suite

    loaded = load_suite(suite, plugins=plugins, seeds=seeds, only=only)
    plan = build_plan(loaded)
    facts = []
    with connected(LOCAL, cpus) as ray:
        for found in compare(ray, plan.cells):
            counts = {where: len(history) for where, history in found.histories.items()}
            differences = list(found.differences())
            facts.append({"cell": found.cell.id, "results": counts, "differences": differences})
            click.echo(f"{len(facts)}/{len(plan.cells)} cells", err=True)
    if output.as_json:
        print_json(facts)
    else:
        _show(facts, output)
    if any(one["differences"] for one in facts):
        raise SystemExit(1)


def _show(facts: Sequence[Mapping[str, Any]], output: Output) -> None:
    if not output.quiet:
        rows = [
            (
                one["cell"],
                ", ".join(f"{where} {count}" for where, count in one["results"].items()),
                "DIFFERENT" if one["differences"] else "same",
            )
            for one in facts
        ]
        show(("cell", "results", "histories"), rows)
    for one in facts:
        for text in one["differences"]:
            click.echo(f"{one['cell']}: {text}")

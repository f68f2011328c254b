"""``agreement``: run the same cells on every stage and through a plain Tuner, and compare."""

from __future__ import annotations

from pathlib import Path

import click

from hpobench.cli.shared import complete_suite, plugin_option, selection_options
from hpobench.cli.tables import show


@click.command()
@click.argument("suite", shell_complete=complete_suite)
@click.option("--cpus", type=click.IntRange(min=1), help="Processors of the local Ray.")
@plugin_option
@selection_options
def agreement(
    suite: str, cpus: int | None, plugins: tuple[Path, ...], seeds: str | None, only: str | None
) -> None:
    """Compare the decisions on the stages with those of `tune.Tuner(...).fit()` itself.

    Runs every cell of SUITE on the virtual stage (if its problem is a table), on the live stage
    without waiting, and through a plain Tuner that is given the same configurations. Say
    `workers: 1` in the suite: with more, results arrive in another order every time. Ends with
    code 1 if any history differs.
    """
    from hpobench.running.agreement import compare
    from hpobench.running.cluster import LOCAL, connected
    from hpobench.suites.grid import build_plan
    from hpobench.suites.suite import load_suite

    loaded = load_suite(suite, plugins=plugins, seeds=seeds, only=only)
    plan = build_plan(loaded)
    rows, differences = [], []
    with connected(LOCAL, cpus) as ray:
        for found in compare(ray, plan.cells):
            counts = ", ".join(f"{where} {len(h)}" for where, h in found.histories.items())
            rows.append((found.cell.id, counts, "same" if found.agrees else "DIFFERENT"))
            differences += [f"{found.cell.id}: {text}" for text in found.differences()]
            click.echo(f"{len(rows)}/{len(plan.cells)} cells", err=True)
    show(("cell", "results", "histories"), rows)
    for text in differences:
        click.echo(text)
    if differences:
        raise SystemExit(1)

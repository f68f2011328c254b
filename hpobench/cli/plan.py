"""``plan``: the grid of a suite, what is skipped and why, and about what it costs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from hpobench.cli import shared
from hpobench.cli.changing import changing_options
from hpobench.contract.wording import count, duration, listed, number, ranges, roughly
from hpobench.suites.run_options import RunOptions
from hpobench.verbs.planned import Planned, planned


@click.command()
@shared.suite_argument(required=False)
@shared.plugin_option
@shared.selection_options
@changing_options
@click.option(
    "--pilot",
    type=shared.ResultsFolder(),
    metavar="FOLDER",
    help="Results of the same algorithms and problems with a few seeds (like results/quick): say "
    "what differences more seeds could detect.",
)
@shared.output_options(quiet="Print only the totals.")
def plan(
    suite: Any, changes: Any, pilot: Path | None, output: shared.Output, **options: Any
) -> None:
    """Show what `run SUITE` would do: a YAML file, or the name of a shipped suite.

    Options change it as a file that extends it would; a label that the suite gives to an entry
    (`as`) stands for that entry. Without a SUITE options say all of one.

    The real time is that of this machine, by what problems and searchers took elsewhere, or in the
    results of --pilot. It is an upper bound for trials that are stopped early.
    """
    found = planned(suite, RunOptions(**options), changes)
    if output.as_json:
        shared.print_json(found.to_json(pilot))
        return
    show_plan(found, folder=pilot, quiet=output.quiet)
    if pilot is not None:
        _show_power(found, pilot)


def show_plan(found: Planned, *, folder: Path | None = None, quiet: bool = False) -> None:
    """Print the plan, ``quiet`` or with its table; ``folder`` holds results that tell how long it
    takes."""
    suite, plan = found.suite, found.plan
    for fault in suite.registry.broken:
        click.echo(f"warning: left out: {fault}", err=True)
    if not quiet:
        _show_grid(found)
        click.echo()
    total, real = plan.total, found.real_time(folder)
    shared.say(
        f"{len(plan.cells):,} cells: at most about {total.trials:,.0f} trials, "
        f"{total.results:,.0f} results and {duration(total.clock)} of {suite.stage} clock"
    )
    processors = count(real["cpus"], "processor")
    text = f"real time: about {roughly(real['seconds'])} here, on {processors}, and the report"
    if names := listed(real["unmeasured"]):
        text += f"; without the thinking of {names}, which the evidence has not measured"
    shared.say(text)
    if found.lines:
        click.echo("\n" + "\n".join(found.lines))


def _show_grid(found: Planned) -> None:
    suite, plan = found.suite, found.plan
    searchers, schedulers = (
        ", ".join(ref.label for ref in refs) for refs in (suite.searchers, suite.schedulers)
    )
    text = (
        f"suite {suite.name}: {len(suite.searchers)} searchers x {len(suite.schedulers)} "
        f"schedulers x {len(suite.problems)} problems x {len(suite.seeds)} seeds "
        f"({ranges(suite.seeds, 5)}), "
        f"{', '.join(map(str, suite.workers))} workers, {suite.stage} stage, "
        f"tell {suite.tell or 'as suits each searcher'}"
    )
    shared.say(text)
    shared.say(f"searchers: {searchers}", indent="  ")
    shared.say(f"schedulers: {schedulers}", indent="  ")
    click.echo()
    if programs := found.programs():
        click.echo(
            f"not started: the programs of {', '.join(programs)}; `run` and `check` start them and "
            "find what they refuse\n"
        )
    cells, rows = plan.counts, []
    for (label, workers), most in plan.estimates.items():
        # Budgets in full evaluations give trials that are no whole numbers.
        bounds = (f"{math.ceil(most.trials):,}", f"{math.ceil(most.results):,}")
        grid = (label, str(workers), str(cells[label, workers]), str(suite.budgets[label]))
        rows.append((*grid, *bounds, duration(most.clock)))
    shared.show(("problem", "workers", "cells", "budget", "trials", "results", "clock"), rows)
    for (label, workers), most in plan.estimates.items():
        if most.excess:
            click.echo(
                f"warning: {label} with {workers} workers: a cell may have {most.excess} "
                "(docs/limits.md)",
                err=True,
            )
    for quality, regrets in found.prior_regrets().items():
        measured = f"{regrets[0]:.2f} to {regrets[-1]:.2f}" if regrets else "unknown"
        click.echo(
            f"prior {quality}: the normalised regret of its centre is {measured}, on "
            f"{len(regrets)} problems with references"
        )
    _show_skipped(found)


def _show_skipped(found: Planned) -> None:
    by_reason = dict[str, list[Any]]()
    for row in found.plan.skipped:
        by_reason.setdefault(row.reason, []).append(row)
    for reason, rows in by_reason.items():
        click.echo()
        shared.say(f"skipped, with every seed: {len(rows)} combinations: {reason}")
        for axis in ("searcher", "scheduler", "problem"):
            labels = list(dict.fromkeys(getattr(row, axis) for row in rows))
            whole = len(labels) == len(getattr(found.suite, f"{axis}s"))
            shared.say(f"  {axis}s: {'all' if whole else ', '.join(labels)}", indent="    ")


def _show_power(plan: Planned, folder: Path) -> None:
    """Print what differences more seeds can detect, by the pilot in ``folder``."""
    from hpobench.analysis.inference.power import MOST_SEEDS, POWER, SEEDS

    pilot, found = plan.power(folder)
    curves, n = pilot.comparison.curves, len(found.overall)
    click.echo(
        f"\npilot {folder}: {len(curves.algorithms)} algorithms, {len(curves.problems)} problems, "
        f"{len(curves.seeds)} seeds; {found.leader} leads"
    )
    for labels, what in (
        (pilot.absent, "has none of"),
        (pilot.changed, "ran with other options, budgets or versions"),
    ):
        if labels:
            click.echo(f"warning: the pilot {what}: {listed(map('/'.join, labels), 1)}", err=True)
    click.echo(
        "\nDifferences in mean final normalised regret (0 the optimum, 1 a median random "
        f"configuration)\nthat n seeds find with probability {POWER:.0%}, two-sided at "
        f"{found.level:.2%} each (5 % {'for one pair' if n == 1 else f'over {n} pairs'}).\nFirst "
        f"{found.leader} against each other one, over all problems; then single problems, for a "
        "typical pair.\n"
        "`-`: so few seeds find none. "
        "`sd`: of one seed's difference, with 95 % limits;\nwhat n seeds find is in proportion to "
        "it. `needs`: seeds that find the pilot's observed difference, by the limits of sd.\n"
    )

    def needed(seeds: float) -> str:
        return f"{seeds:,.0f}" if math.isfinite(seeds) else f">{MOST_SEEDS:,}"

    def short(value: float) -> str:
        return number(value, 2)

    header = [*(f"n = {n}" for n in SEEDS), "sd", "observed", "needs"]
    for frame, names in ((found.overall, "algorithm"), (found.problems, "problem")):
        rows = []
        for _, row in frame.iterrows():
            found_by = [short(row[str(n)]) for n in SEEDS]
            sd = f"{short(row['sd'])} ({short(row['low'])} to {short(row['high'])})"
            low, high = needed(row["need_low"]), needed(row["need_high"])
            needs = f"{needed(row['need'])} ({low} to {high})"
            rows.append([row[names], *found_by, sd, short(row["observed"]), needs])
        shared.show((names, *header), rows)
        click.echo()

"""``plan``: the grid of a suite, what is skipped and why, and about what it costs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.changing import changing_options
from hpobench.cli.priors import show_priors
from hpobench.cli.shared import (
    Output,
    ResultsFolder,
    complete_suite,
    output_options,
    plugin_option,
    print_json,
    selection_options,
)
from hpobench.cli.tables import fill, show
from hpobench.contract.errors import UsageError
from hpobench.contract.wording import duration, roughly
from hpobench.verbs.real_time import RealTime, real_time

if TYPE_CHECKING:
    from hpobench.cli.ending import Ending
    from hpobench.contract.cell import PluginRef
    from hpobench.suites.changes import Changes
    from hpobench.suites.estimate import Estimate
    from hpobench.suites.grid import Plan, Skipped
    from hpobench.suites.suite import Choose, Source, Suite
    from hpobench.verbs.options import RunOptions


@click.command()
@click.argument("suite", required=False, shell_complete=complete_suite)
@plugin_option
@selection_options
@changing_options
@click.option(
    "--pilot",
    type=ResultsFolder(),
    metavar="FOLDER",
    help="Results of the same algorithms and problems with a few seeds (like results/quick): say "
    "what differences more seeds could detect.",
)
@output_options(quiet="Print the totals alone.")
def plan(
    suite: Source,
    changes: Changes,
    plugins: tuple[Path, ...],
    seeds: str | None,
    only: str | None,
    pilot: Path | None,
    output: Output,
) -> None:
    """Show what `run SUITE` would do: a YAML file, or the name of a shipped suite.

    Options change it as a file that extends it would; a label that the suite gives to an entry
    (`as`) stands for that entry. Without a SUITE options say all of one.

    The real time is that of this machine, by what problems and searchers took elsewhere, or in the
    results of --pilot. It is an upper bound for trials that are stopped early.
    """
    from hpobench.suites.grid import build_plan
    from hpobench.suites.suite import load_suite

    loaded = load_suite(suite, plugins, seeds, only, changes=changes)
    built = build_plan(loaded)
    if output.as_json:
        print_json(_plan_json(loaded, built, pilot))
        return
    show_plan(loaded, built, folder=pilot, quiet=output.quiet)
    if pilot is not None:
        from hpobench.cli.power import show_power

        show_power(built, pilot)


def show_dry_run(
    load: Callable[[Choose | None], Suite], options: RunOptions, ending: Ending
) -> None:
    """Print the plan of a run with ``options``, and at how many seeds it looks."""
    if any(ending.output) or ending.open_page:
        raise UsageError(
            "--quiet, --verbose, --json and --open are about a run; with --dry-run nothing runs: "
            "`hpobench plan` has --quiet and --json"
        )
    from hpobench.suites.grid import build_plan
    from hpobench.verbs.execution import with_rule

    if options.within is not None:
        _show_within(load, options)
        return
    suite, rule = with_rule(load(None), options)
    show_plan(suite, build_plan(suite))
    if rule is not None:
        looks = ", ".join(map(str, rule.looks))
        click.echo(f"\nlooks after {looks} seeds, and ends once decided")


def _show_within(load: Callable[[Choose | None], Suite], options: RunOptions) -> None:
    """Print what fits into the time of ``options``."""
    from hpobench.store.place import Place, inside
    from hpobench.verbs.within import LEAST, Within, fitted

    within = Within(options)
    suite = load(within.candidates)
    folder = Place(inside(options.results, suite.name)).fetch()
    found = fitted(suite, within, folder).shortened()
    show_plan(*found.part(max(LEAST, found.timing.fitting(found.left))))
    click.echo()
    for line in found.lines():
        click.echo(line)


def show_plan(suite: Suite, plan: Plan, *, folder: Path | None = None, quiet: bool = False) -> None:
    """Print ``plan``, ``quiet`` or with its table; ``folder`` holds results that tell how long it
    takes."""
    for fault in suite.registry.broken:
        click.echo(f"warning: left out: {fault}", err=True)
    if not quiet:
        _show_grid(suite, plan)
        click.echo()
    total, found = plan.total, real_time(plan, folder)
    text = (
        f"{len(plan.cells):,} cells: at most about {total.trials:,.0f} trials, "
        f"{total.results:,.0f} results and {duration(total.clock)} of {suite.stage} clock"
    )
    click.echo(fill(text))
    click.echo(fill(f"real time: {_real(found)}"))


def _real(found: RealTime) -> str:
    cpus = f"{found.cpus} processor{'' if found.cpus == 1 else 's'}"
    text = f"about {roughly(found.seconds)} here, on {cpus}, and the report"
    if found.unmeasured:
        from hpobench.analysis.numbers import listed

        names = listed(found.unmeasured)
        text += f"; without the thinking of {names}, which the evidence has not measured"
    return text


def _plan_json(suite: Suite, plan: Plan, pilot: Path | None) -> dict[str, Any]:
    from hpobench.cli.power import power_json

    total, found = plan.total, real_time(plan, pilot)
    return {
        "suite": suite.name,
        "stage": suite.stage,
        "cells": len(plan.cells),
        "most": {"trials": total.trials, "results": total.results, "clock_s": total.clock},
        "real_time": found._asdict(),
        "problems": [
            {"problem": label, "workers": workers, "cells": plan.counts[label, workers]}
            | {"budget": suite.budgets[label].to_json(), "most": dataclasses.asdict(estimate)}
            for (label, workers), estimate in plan.estimates.items()
        ],
        "skipped": [vars(skipped) for skipped in plan.skipped],
        "pilot": None if pilot is None else power_json(plan, pilot),
    }


def _show_grid(suite: Suite, plan: Plan) -> None:
    text = (
        f"suite {suite.name}: {len(suite.searchers)} searchers x {len(suite.schedulers)} "
        f"schedulers x {len(suite.problems)} problems x {len(suite.seeds)} seeds "
        f"({_ranges(suite.seeds)}), "
        f"{', '.join(map(str, suite.workers))} workers, {suite.stage} stage, "
        f"tell {suite.tell or 'as suits each searcher'}"
    )
    click.echo(fill(text))
    click.echo(fill(f"searchers: {_labels(suite.searchers)}", "  "))
    click.echo(fill(f"schedulers: {_labels(suite.schedulers)}", "  "))
    click.echo()
    planned = {c.searcher.label: c.searcher for c in plan.cells.combinations}
    if programs := [ref for ref in planned.values() if _is_program(ref)]:
        click.echo(
            f"not started: the programs of {_labels(programs)}; `run` and `check` start them and "
            "find what they refuse\n"
        )
    cells = plan.counts
    rows = [
        (
            label,
            str(workers),
            str(cells[label, workers]),
            str(suite.budgets[label]),
            *_bounds(estimate),
        )
        for (label, workers), estimate in plan.estimates.items()
    ]
    show(("problem", "workers", "cells", "budget", "trials", "results", "clock"), rows)
    for (label, workers), estimate in plan.estimates.items():
        if estimate.excess:
            click.echo(
                f"warning: {label} with {workers} workers: a cell may have {estimate.excess} "
                "(docs/limits.md)",
                err=True,
            )
    show_priors(plan.cells.combinations)
    _show_skipped(suite, plan.skipped)


def _ranges(seeds: Sequence[int]) -> str:
    """``0-4, 9``: consecutive ``seeds`` as a range, and the middle of many ranges left out."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1][1:] = [seed]
        else:
            runs.append([seed])
    shown = ["-".join(map(str, run)) for run in runs]
    return ", ".join(shown if len(shown) <= 5 else [*shown[:3], "...", shown[-1]])


def _labels(refs: Iterable[PluginRef]) -> str:
    return ", ".join(ref.label for ref in refs)


def _is_program(ref: PluginRef) -> bool:
    """Whether a searcher is a program that the suite names."""
    from hpobench.plugins.isolation.searcher import RemoteSearcher
    from hpobench.plugins.modules import load_class

    return RemoteSearcher in load_class(ref.file, ref.cls).__mro__


def _bounds(estimate: Estimate) -> tuple[str, str, str]:
    """The most trials, results and clock of one cell."""
    trials, results = (f"{math.ceil(n):,}" for n in (estimate.trials, estimate.results))
    return trials, results, duration(estimate.clock)


def _show_skipped(suite: Suite, skipped: Iterable[Skipped]) -> None:
    by_reason: dict[str, list[Skipped]] = {}
    for row in skipped:
        by_reason.setdefault(row.reason, []).append(row)
    for reason, rows in by_reason.items():
        click.echo()
        click.echo(fill(f"skipped, with every seed: {len(rows)} combinations: {reason}"))
        for axis, refs in (
            ("searcher", suite.searchers),
            ("scheduler", suite.schedulers),
            ("problem", suite.problems),
        ):
            labels = list(dict.fromkeys(getattr(row, axis) for row in rows))
            names = "all" if len(labels) == len(refs) else ", ".join(labels)
            click.echo(fill(f"  {axis}s: {names}", "    "))

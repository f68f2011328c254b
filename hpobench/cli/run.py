"""``run``: run what is missing of a suite, then write its report."""

from __future__ import annotations

from typing import Any

import click

from hpobench.cli import shared
from hpobench.cli.changing import changing_options
from hpobench.cli.plan import show_plan
from hpobench.contract.errors import UsageError
from hpobench.suites.run_options import MARGIN, MAX_SEEDS, RunOptions
from hpobench.verbs.execution import execute
from hpobench.verbs.planned import planned

UNLOGGED = 3
"""Exit code when MLflow did not take what is done and stored."""


@click.command()
@shared.suite_argument(required=False)
@click.option(
    "--results",
    default="results",
    show_default=True,
    help="Folder of results, also s3://BUCKET/PREFIX or gs://BUCKET/PREFIX; the suite gets a "
    "folder of its own name in it.",
)
@shared.selection_options
@changing_options
@shared.plugin_option
@click.option(
    "--address",
    help="Run on this Ray cluster, or on the one at hand (auto); local starts a Ray here, which "
    "virtual cells do not need.",
)
@shared.cpus_option
@shared.timeout_option
@click.option("--retry-failed", is_flag=True, help="Run failed cells again.")
@click.option(
    "--mlflow",
    metavar="URI",
    help="Log the cells that run now, and their trials, to this MLflow server or database "
    "(http://HOST:PORT, sqlite:///FILE); cells stored by earlier runs are not logged.",
)
@click.option(
    "--shard",
    metavar="NUMBER/COUNT",
    help="Run one of COUNT shards of the suite, like 3/16, into a folder of its own; the shards "
    "need not know of each other. `hpobench merge` brings them together.",
)
@click.option(
    "--until-decided",
    is_flag=True,
    help="Add seeds to the suite's until the ranking is decided: the algorithm of the "
    "lowest mean normalised regret is shown to be better than every other one, but for "
    "those that are shown to lie within --margin of it. Looks after the suite's number of "
    "seeds, after twice as many each time, and at --max-seeds. The chance that anything "
    "said in the end is wrong is held at 5 %, over all algorithms and all looks, as far as "
    "differences of seeds are symmetric; strong skew can nearly double it.",
)
@click.option(
    "--within",
    metavar="TIME",
    help="Like --until-decided, and ends when this wall time is over (90s, 20min, 1h), of "
    "which a fifth, at most 30 s, is left for the report. As many seeds are planned as "
    "fit; if two do not, budgets are shortened. A suite that names no searchers gets those "
    "that the evidence says are the best. What is finished by then is stored, and the same "
    "command goes on with as much time again.",
)
@click.option(
    "--max-seeds",
    type=shared.COUNT,
    help=f"With --until-decided or --within: the most seeds to run.  [default: {MAX_SEEDS}]",
)
@click.option(
    "--margin",
    type=click.FloatRange(min=0, max=1),
    help="With --until-decided or --within: differences in mean normalised regret below it "
    f"do not matter; with 0 all do.  [default: {MARGIN}]",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--no-report", "report", flag_value=False, default=True, help="Write no report.")
@shared.report_options
def run(
    suite: Any, changes: Any, dry_run: bool, output: shared.Output, open_page: bool, **options: Any
) -> None:
    """Run SUITE: a YAML file, or the name of a shipped suite.

    Options change it as a file that extends it would; a label that the suite gives to an entry
    (`as`) stands for that entry. Without a SUITE options say all of one:

    \b
        hpobench run tables --add mine --plugin mine.py --seeds 3
        hpobench run --searchers random,optuna-tpe --problems branin --budget 50

    Cells that are stored already are not run again, and a report of the same results is not drawn
    again. Ends with code 1 if cells failed, with 3 if
    all are done and stored but could not be logged to MLflow.
    """
    chosen = RunOptions(**options)
    if dry_run:
        if any(output) or open_page:
            raise UsageError(
                "--quiet, --verbose, --json and --open are about a run, and with --dry-run nothing "
                "runs; `hpobench plan` has --quiet and --json"
            )
        show_plan(planned(suite, chosen, changes))
        return
    ended = execute(suite, chosen, output.display(), changes)
    summary = ended.summary
    facts = {"folder": str(summary.folder), "cells": dict(summary.counts), "ran": summary.ran}
    facts["seconds"] = round(summary.seconds, 1)
    shared.end_with_report(ended.report, output, open_page=open_page, **facts)
    # A cell that failed weighs more than one that MLflow did not take.
    if not ended.complete:
        raise SystemExit(1)
    if ended.unlogged:
        raise SystemExit(UNLOGGED)

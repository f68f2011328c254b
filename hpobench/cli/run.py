"""``run``: run what is missing of a suite, then write its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpobench.cli.changing import changing_options
from hpobench.cli.deciding import deciding_options
from hpobench.cli.ending import Ending, ending_options
from hpobench.cli.shared import (
    Output,
    complete_suite,
    cpus_option,
    plugin_option,
    selection_options,
    timeout_option,
)

if TYPE_CHECKING:
    from hpobench.suites.changes import Changes
    from hpobench.suites.suite import Choose, Source, Suite

UNLOGGED = 3
"""Exit code when MLflow did not take what is done and stored."""


@click.command()
@click.argument("suite", required=False, shell_complete=complete_suite)
@click.option(
    "--results",
    default="results",
    show_default=True,
    help="Folder of results, also s3://BUCKET/PREFIX or gs://BUCKET/PREFIX; the suite gets a "
    "folder of its own name in it.",
)
@selection_options
@changing_options
@plugin_option
@click.option(
    "--address",
    help="Run on this Ray cluster, or on the one at hand (auto); local starts a Ray here, which "
    "virtual cells do not need.",
)
@cpus_option
@timeout_option
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
    help="Run one of COUNT parts of the suite, like 3/16, into a folder of its own; the parts need "
    "not know of each other. `hpobench merge` brings them together.",
)
@deciding_options
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--no-report", is_flag=True, help="Leave out the report.")
@ending_options
def run(
    suite: Source,
    changes: Changes,
    plugins: tuple[Path, ...],
    seeds: str | None,
    only: str | None,
    dry_run: bool,
    no_report: bool,
    results: str,
    output: Output,
    open_page: bool,
    **options: Any,
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
    from hpobench.store.remote.place import place_of
    from hpobench.verbs.execution import execute
    from hpobench.verbs.options import RunOptions

    def loaded(choose: Choose | None) -> Suite:
        from hpobench.suites.suite import load_suite

        return load_suite(suite, plugins, seeds, only, choose, changes)

    ending = Ending(output, open_page)
    chosen = RunOptions(results=place_of(results), report=not no_report, **options)
    if dry_run:
        from hpobench.cli.plan import show_dry_run

        show_dry_run(loaded, chosen, ending)
        return
    ended = execute(loaded, chosen, output.display())
    summary = ended.summary
    facts = {"folder": str(summary.folder), "cells": dict(summary.counts), "ran": summary.ran}
    ending.end(ended.report, **facts, seconds=round(summary.seconds, 1))
    if not ended.complete:
        raise SystemExit(1)
    if ended.unlogged:
        raise SystemExit(UNLOGGED)

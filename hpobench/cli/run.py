"""``run``: run what is missing of a suite, then write its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hpobench.cli.deciding import decided_by, deciding_options, run_looks, show_looks
from hpobench.cli.progress import duration, progress
from hpobench.cli.shared import interruptible, plugin_option, selection_options

if TYPE_CHECKING:
    from hpobench.running.experiment import Summary
    from hpobench.suites.grid import Plan
    from hpobench.suites.suite import Suite


UNLOGGED = 3
"""Exit code when MLflow did not take what is done and stored."""


@click.command()
@click.argument("suite")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Folder of results; the suite gets a folder of its own name in it.",
)
@selection_options
@plugin_option
@click.option("--address", default="local", show_default=True, help="Ray cluster, or auto.")
@click.option("--cpus", type=click.IntRange(min=1), help="Slots of the local Ray.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=3600.0,
    show_default=True,
    help="Wall seconds after which a cell is given up.",
)
@click.option("--retry-failed", is_flag=True, help="Run failed cells again.")
@click.option(
    "--mlflow",
    metavar="URI",
    help="Log the cells that run now, and their trials, to this MLflow server or database "
    "(http://HOST:PORT, sqlite:///FILE); cells stored by earlier runs are not logged.",
)
@deciding_options
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--no-report", is_flag=True, help="Leave out the report.")
def run(
    suite: str,
    results: Path,
    seeds: str | None,
    only: str | None,
    address: str,
    cpus: int | None,
    timeout: float,
    plugins: tuple[Path, ...],
    retry_failed: bool,
    mlflow: str | None,
    until_decided: bool,
    max_seeds: int | None,
    margin: float | None,
    dry_run: bool,
    no_report: bool,
) -> None:
    """Run SUITE: a YAML file, or the name of a shipped suite.

    Cells that are stored already are not run again. Ends with code 1 if cells failed, with 3 if
    all are done and stored but could not be logged to MLflow.
    """
    from hpobench.suites.grid import build_plan
    from hpobench.suites.suite import load_suite

    loaded = load_suite(suite, plugins=plugins, seeds=seeds, only=only)
    loaded, rule = decided_by(loaded, until_decided, max_seeds, margin, retry_failed)
    if dry_run:
        from hpobench.cli.plan import show_plan

        show_plan(loaded, build_plan(loaded))
        if rule is not None:
            show_looks(rule)
        return
    from hpobench.plugins.isolation.environments import prepare

    prepare(loaded.scripts(), _warn)
    whole = build_plan(loaded)
    from hpobench.running.experiment import run_plan
    from hpobench.running.tracking import Together, tracking

    folder = results / loaded.name
    kept = f"finished cells are in {folder}, the same command goes on"
    with interruptible(kept), tracking(mlflow, loaded.name, _warn) as trackers:

        def run_cells(suite: Suite, plan: Plan) -> Summary:
            with progress() as display:
                return run_plan(
                    suite,
                    plan,
                    folder,
                    Together([display, *trackers]),
                    address=address,
                    cpus=cpus,
                    timeout=timeout,
                    retry_failed=retry_failed,
                )

        if rule is None:
            summary = run_cells(loaded, whole)
            _tell(summary)
        else:
            summary = run_looks(loaded, whole, rule, folder, run_cells, _tell)
        if not no_report:
            from hpobench.cli.report import make_report

            make_report(folder)
    if summary.counts["done"] < summary.counts.total():
        click.echo(f"`python -m hpobench status {folder}` shows what failed", err=True)
        raise SystemExit(1)
    if any(tracker.unlogged for tracker in trackers):
        raise SystemExit(UNLOGGED)


def _warn(message: str) -> None:
    click.echo(message, err=True)


def _tell(summary: Summary) -> None:
    if summary.lost:
        click.echo(f"{summary.lost} stored cells were missing or damaged and ran again", err=True)
    told = ", ".join(f"{n} {status}" for status, n in sorted(summary.counts.items()))
    click.echo(f"ran {summary.ran} cells in {duration(summary.seconds)}; in all {told}")

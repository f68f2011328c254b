"""``run``: run what is missing of a suite, then write its report."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from types import FrameType

import click

from hpobench.cli.progress import duration, progress
from hpobench.cli.shared import plugin_option, selection_options


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
@click.option("--retry-failed", is_flag=True, help="Run failed cells again.")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--no-report", is_flag=True, help="Leave out the report.")
def run(
    suite: str,
    results: Path,
    seeds: str | None,
    only: str | None,
    address: str,
    cpus: int | None,
    plugins: tuple[Path, ...],
    retry_failed: bool,
    dry_run: bool,
    no_report: bool,
) -> None:
    """Run SUITE: a YAML file, or the name of a shipped suite.

    Cells that are stored already are not run again. Ends with code 1 if cells failed.
    """
    from hpobench.grid import build_plan
    from hpobench.suite import load_suite

    loaded = load_suite(suite, plugins=plugins, seeds=seeds, only=only)
    plan = build_plan(loaded)
    if dry_run:
        from hpobench.cli.plan import show_plan

        show_plan(loaded, plan)
        return
    from hpobench.experiment import run_plan

    folder = results / loaded.name
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with progress() as display:
            summary = run_plan(
                loaded, plan, folder, display, address=address, cpus=cpus, retry_failed=retry_failed
            )
    except KeyboardInterrupt:
        click.echo(
            f"interrupted; finished cells are in {folder}, the same command goes on", err=True
        )
        raise
    _tell(summary.counts, summary.ran, summary.seconds)
    if not no_report:
        from hpobench.cli.report import make_report

        make_report(folder)
    if summary.counts["done"] < len(plan.cells):
        click.echo(f"`python -m hpobench status {folder}` shows what failed", err=True)
        raise SystemExit(1)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
    raise KeyboardInterrupt


def _tell(counts: Counter[str], ran: int, seconds: float) -> None:
    told = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    click.echo(f"ran {ran} cells in {duration(seconds)}; in all {told}")

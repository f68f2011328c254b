"""``status``: what of a suite is done, failed and missing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from hpobench.cli.shared import ResultsFolder


@click.command()
@click.argument("folder", type=ResultsFolder(small=True))
@click.option("--errors/--no-errors", default=True, help="Show the first line of each error.")
def status(folder: Path, errors: bool) -> None:
    """Show how far the run in FOLDER (like results/quick) is.

    Ends with code 1 unless every cell is done.
    """
    from hpobench.cli.tables import show
    from hpobench.store.reader import load_cells, load_plan

    planned = load_plan(folder)["cells"]
    stored = {row["cell"]: row for row in load_cells(folder, ("cell", "status", "error"))}
    rows = [stored[name] for name in planned if name in stored]
    counts = Counter(row["status"] for row in rows)
    counts["missing"] = len(planned) - len(rows)
    totals = ", ".join(f"{counts[s]} {s}" for s in ("done", "failed", "timeout", "missing"))
    click.echo(f"{len(planned)} cells: {totals}")
    failed = [row for row in rows if row["status"] != "done"]
    if errors and failed:
        first = [(row["cell"], (row["error"] or "").partition("\n")[0]) for row in failed]
        show(("cell", "error"), first)
    if counts["done"] < len(planned):
        raise SystemExit(1)

"""LaTeX: the report's tables T1 to T3 and its standings, a ``.tex`` file each, for a paper to
``\\input``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hpobench.analysis.core.curves import Comparison, Curves, comparisons, compute_curves
from hpobench.analysis.core.failures import failures
from hpobench.analysis.core.hits import compute_runs
from hpobench.analysis.core.references import completed
from hpobench.analysis.core.workers import with_most_workers
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.exhibits.setting import budget_axis
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import StoreError
from hpobench.reporting import tables
from hpobench.reporting.comparison import Compared
from hpobench.reporting.entries import Files, TableEntry
from hpobench.reporting.latex import latex_table
from hpobench.reporting.notes import notes
from hpobench.store.reader import Results


def write(results: Results, folder: Path, settings: Settings | None = None) -> list[str]:
    """Write the tables into ``folder``, and their numbers as CSV into ``folder/tables``.

    Returns the report's notes. Numbers are rounded as on the page; those in the CSV files are
    not. ``settings``: by default the report's.
    """
    settings = settings or Settings(axis=budget_axis(results))
    every = completed(results)
    results = with_most_workers(every)
    curves = compute_curves(results, settings)
    if not (curves.present & ~curves.failed).any():
        raise StoreError(f"{results.name}: no run on a problem with references ended well")
    fair = comparisons(curves)
    for stem, entry in _entries(results, curves, fair, settings, Files(folder)):
        path = folder / f"{stem}.tex"
        path.write_text(latex_table(entry), encoding="utf-8", newline="\n")
    return notes(every, curves, fair, failures(every.cells), settings)


def _entries(
    results: Results, curves: Curves, fair: list[Comparison], settings: Settings, files: Files
) -> Iterator[tuple[str, TableEntry]]:
    """The tables by the names of their files."""
    yield "final_loss", tables.final_loss_table(files, curves, results.problems, settings)
    runs, styles = compute_runs(results, settings), Styles(curves.algorithms)
    for comparison in fair:
        one = Compared(files, results, results, runs, comparison, styles, settings)
        for entry in (one.standings()[1], *one.tables()):
            yield entry.id, entry

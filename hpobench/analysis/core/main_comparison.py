"""What a decision is made on: the fair comparison that a report shows first."""

from __future__ import annotations

from hpobench.analysis.core.curves import Comparison, comparisons, compute_curves
from hpobench.analysis.core.references import completed
from hpobench.analysis.core.workers import with_most_workers
from hpobench.analysis.exhibits.setting import budget_axis
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import TooFewError
from hpobench.store.reader import Results


def main_comparison(results: Results) -> Comparison:
    """The first fair comparison of two algorithms or more, on the axis that the budgets are in and
    with the most workers.

    Raises :class:`TooFewError` where there is none, and where every run of it failed: all would
    count as the clip value, and so as equal.
    """
    results = with_most_workers(completed(results))
    curves = compute_curves(results, Settings(axis=budget_axis(results)))
    found = next((c for c in comparisons(curves) if len(c.curves.algorithms) > 1), None)
    if found is None:
        raise TooFewError(
            f"{results.name}: no two algorithms ran on the same problems with reference losses, so "
            "there is nothing to compare; name two in the suite"
        )
    if (found.curves.failed | ~found.curves.present).all():
        raise TooFewError(
            f"{results.name}: every run failed, so there is nothing to compare; "
            "`python -m hpobench status FOLDER` shows the errors"
        )
    return found

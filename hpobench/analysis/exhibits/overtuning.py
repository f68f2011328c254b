"""Whether the configuration that was chosen on the validation loss holds on the test loss.

Schneider, Bischl and Feurer, Overtuning in hyperparameter optimization, AutoML 2025.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, Curves, algorithm_columns, compute_curves
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.exhibits._by_algorithm import by_algorithm
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.inference.rank_tests import SHARES
from hpobench.analysis.study import Study, Whole, each_of_families
from hpobench.analysis.text import phrases
from hpobench.analysis.text.fields import Grid

TITLE = "Overtuning"
STEM = "overtuning"
SHOWS = (
    "What is lost on unseen data by choosing on the validation loss, at shares of the budget. 0 "
    "means that nothing is lost."
)
TAB = "problems"


def subjects(study: Study) -> list[Comparison]:
    """The comparisons on several families, if a problem of theirs has held-out losses."""
    return [one for one in each_of_families(study) if _with_heldout(study, one).problems]


def _with_heldout(study: Study, comparison: Comparison) -> Curves:
    """The part on the problems that have held-out losses."""
    curves, problems = comparison.curves, study.results.problems.set_index("problem")
    heldout = problems.loc[list(curves.problems), "heldout"].to_numpy(bool)
    return curves.select(np.ones(len(curves.algorithms), dtype=bool), heldout)


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """What the choice on the visible loss costs, in ``nr`` of the held-out loss: that of the
    incumbent less the lowest of all results by then. Mean over problems with held-out losses.

    Columns ``share`` of the budget, ``algorithm, searcher, scheduler, estimate, low, high`` and
    ``regret``, the mean ``nr`` of the incumbents, of which ``estimate`` is a part.
    """
    settings, curves = study.settings, _with_heldout(study, comparison)
    # Of all runs at once, for there may be two comparisons.
    every = study.computed(_hindsight, study.whole)
    best = every.select(
        np.isin(every.names, curves.names), np.isin(every.problems, curves.problems)
    )
    at = curves.points(SHARES)
    chosen = normalised(curves)[..., at]
    lost = chosen - normalised(best)[..., at]
    found = suite_mean(lost, curves.problems, settings)
    regret = suite_mean(chosen, curves.problems, settings).estimate
    return pd.concat(
        [
            algorithm_columns(curves.algorithms).assign(
                share=share,
                **{name: part[:, t] for name, part in found._asdict().items()},
                regret=regret[:, t],
            )
            for t, share in enumerate(SHARES)
        ],
        ignore_index=True,
    )


def _hindsight(study: Study, _: Whole) -> Curves:
    """All runs, with incumbents that are chosen on the held-out loss where there is one."""
    results, events = study.results, study.results.events
    visible = events["loss"].to_numpy(np.float64)
    heldout = events["heldout"].to_numpy(np.float64, na_value=np.nan)
    # What could not become incumbent still cannot.
    both = np.isfinite(visible) & np.isfinite(heldout)
    events = events.assign(loss=np.where(both, heldout, visible))
    return compute_curves(replace(results, events=events), study.settings)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves, part = comparison.curves, _with_heldout(study, comparison)
    return (
        "A number is the normalised regret of the incumbent's held-out loss, less that of the "
        f"lowest held-out loss of all results by then. It is the mean of "
        f"{phrases.algorithms(curves)} over {phrases.suite(part)}, of {len(curves.problems)} "
        "problems those with held-out losses; the last column is the whole normalised regret at "
        "the end. The lowest loss is known in hindsight alone, and is lower the more results there "
        f"are, so that some loss cannot be avoided.{phrases.failures(part)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    """A column for each share, and one for the regret at the end."""
    end = table[table["share"] == SHARES[-1]]
    whole = end.assign(column="Final nr", estimate=end["regret"], low=np.nan, high=np.nan)
    shares = table.assign(column=[f"{share:.0%}" for share in table["share"]])
    return by_algorithm(pd.concat([shares, whole]), "estimate")

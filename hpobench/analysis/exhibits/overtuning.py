"""Whether the configuration that was chosen on the validation loss holds on the test loss.

Schneider, Bischl and Feurer, Overtuning in hyperparameter optimization, AutoML 2025.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison, Curves, algorithm_columns, compute_curves
from hpobench.analysis.core.incumbent import with_hindsight
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.exhibits._by_algorithm import by_algorithm
from hpobench.analysis.inference.bootstrap import suite_mean
from hpobench.analysis.inference.rank_tests import SHARES
from hpobench.analysis.settings import BoolArray
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
    return [one for one in each_of_families(study) if _heldout(study, one.curves).any()]


def _heldout(study: Study, curves: Curves) -> BoolArray:
    """Shape (problems,): which have held-out losses."""
    problems = study.results.problems.set_index("problem")["heldout"]
    return problems.loc[list(curves.problems)].to_numpy(bool)


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """What the choice on the visible loss costs, in ``nr`` of the held-out loss: that of the
    incumbent less the lowest of all results by then. Mean over problems with held-out losses.

    Columns ``share`` of the budget, ``algorithm, searcher, scheduler, estimate, low, high`` and
    ``regret``, the mean ``nr`` of the incumbents, of which ``estimate`` is a part.
    """
    settings = study.settings
    kept = _heldout(study, comparison.curves)
    curves = comparison.curves.select(np.ones(len(comparison.curves.algorithms), dtype=bool), kept)
    at = curves.points(SHARES)
    chosen = normalised(curves)[..., at]
    lost = chosen - normalised(_hindsight(study, curves))[..., at]
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


def _hindsight(study: Study, curves: Curves) -> Curves:
    """The same runs as in ``curves``, with incumbents that are chosen on the held-out loss."""
    every = study.computed(_hindsight_of_all, study.whole)
    algorithms = np.isin(every.names, curves.names)
    return every.select(algorithms, np.isin(every.problems, curves.problems))


def _hindsight_of_all(study: Study, _: Whole) -> Curves:
    return compute_curves(with_hindsight(study.results), study.settings)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    kept = _heldout(study, curves)
    part = curves.select(np.ones(len(curves.algorithms), dtype=bool), kept)
    return (
        "A number is the normalised regret of the incumbent's held-out loss, less that of the "
        f"lowest held-out loss of all results by then. It is the mean of "
        f"{phrases.algorithms(curves)} over {phrases.suite(part)}, of {len(kept)} problems those "
        "with held-out losses; the last column is the whole normalised regret at the end. The "
        "lowest loss is known in hindsight alone, and is lower the more results there are, so that "
        f"some loss cannot be avoided.{phrases.failures(part)}"
    )


def grid(table: pd.DataFrame) -> Grid:
    """A column for each share, and one for the regret at the end."""
    end = table[table["share"] == SHARES[-1]]
    whole = end.assign(column="Final nr", estimate=end["regret"], low=np.nan, high=np.nan)
    shares = table.assign(column=[f"{share:.0%}" for share in table["share"]])
    return by_algorithm(pd.concat([shares, whole]), "estimate")

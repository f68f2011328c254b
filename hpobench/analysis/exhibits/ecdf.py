"""The share of targets hit over the share of the budget.

Hansen et al., COCO: performance assessment, 2016.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.hits import hitting_times
from hpobench.analysis.core.targets import REGRETS, SHARES, suite_targets
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import curve_frame, suite_mean
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases
from hpobench.contract.wording import count

TITLE = "Targets hit"
STEM = "ecdf"
SHOWS = "The share of goals that are reached as the budget is spent. Higher is better."
TAB = "curves"

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The share of (problem, target, seed) hit by each share of the budget, with its interval.

    Seeds and targets count equally within a problem, and problems equally whatever number of
    targets they have. Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`.
    """
    curves = comparison.curves
    targets = suite_targets(study.results.problems, curves)
    at = hitting_times(study.runs, curves, targets.loss).at
    own = np.count_nonzero(~np.isnan(at), axis=-1)
    shares = np.full((*own.shape, len(curves.share)), np.nan)
    for k, share in enumerate(curves.share):
        hit = np.count_nonzero(at <= (share * curves.horizon)[:, None, None], axis=-1)
        np.divide(hit, own, out=shares[..., k], where=own > 0)
    return curve_frame(curves, curves.share, suite_mean(shares, curves.problems, study.settings))


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    targets = suite_targets(study.results.problems, curves)
    budgets = ", ".join(f"{n:,}" for n in targets.budgets)
    described = {
        "regret": f"{len(REGRETS)} regrets from {REGRETS[0]:g} to {REGRETS[-1]:g}, evenly spaced "
        "on a log scale, where the optimum is known",
        "random": f"the median losses of random search after {budgets} full evaluations (frozen)",
        "share": f"{len(SHARES)} normalised regrets from {SHARES[0]:g} to {SHARES[-1]:g}, evenly "
        "spaced on a log scale, where neither the optimum is known nor what random search reaches",
    }
    parts = {kind: targets.kinds.count(kind) for kind in described if kind in targets.kinds}
    goals = "; ".join(f"{described[kind]} ({count(n, 'problem')})" for kind, n in parts.items())
    return (
        f"The goals of {phrases.algorithms(curves)} are target losses on each of "
        f"{phrases.suite(curves)}: {goals}. A run reaches a target with the "
        "first incumbent whose loss is at or below it. Problems weigh the same, whatever number "
        f"of targets they have.{phrases.misses(curves)}"
    )


alt = phrases.curves_of("the share of targets hit")


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Lines:
    x = x_axis(table, phrases.share_label(study.settings), percent=True)
    return Lines(styles=study.styles, x=x, y=y_axis(table, "Share of targets hit", percent=True))

"""Normalised regret over the share of the budget, averaged over problems."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.bootstrap import curve_frame, suite_mean
from hpobench.analysis.study import Study, each_comparison
from hpobench.analysis.text import phrases

TITLE = "Mean normalised regret"
STEM = "mean_regret"
SHOWS = (
    "How much regret is left as the budget is spent: 0 is the optimum, 1 a typical random "
    "configuration. Lower is better."
)
TAB = "curves"

subjects = each_comparison


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Mean ``nr`` over seeds, then problems, with its interval, at each share of the budget.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`.
    """
    curves = comparison.curves
    interval = suite_mean(normalised(curves), curves.problems, study.settings)
    return curve_frame(curves, curves.share, interval)


def caption(_study: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        f"Normalised regret of {phrases.algorithms(curves)}, mean over {phrases.suite(curves)}. "
        "The typical random configuration has the median loss of random ones; the table of "
        f"problems lists both references.{phrases.failures(curves)}{phrases.bottom(table)}"
    )


alt = phrases.curves_of("mean normalised regret")


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Lines:
    x = x_axis(table, phrases.share_label(study.settings), percent=True)
    return Lines(styles=study.styles, x=x, y=y_axis(table, TITLE, log=True))

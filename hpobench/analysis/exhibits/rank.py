"""Average rank over the share of the budget."""

from __future__ import annotations

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.figures import Lines, x_axis, y_axis
from hpobench.analysis.inference.average_ranks import suite_ranks
from hpobench.analysis.inference.bootstrap import curve_frame
from hpobench.analysis.study import Study, each_of_several
from hpobench.analysis.text import phrases

TITLE = "Average rank"
STEM = "rank"
SHOWS = "The average place among all algorithms as the budget is spent. 1 is best."
TAB = "curves"

subjects = each_of_several


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Average rank over problems of the seeds' mean ``nr``, with its interval, at each share of
    the budget.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`.
    """
    curves = comparison.curves
    interval = suite_ranks(normalised(curves), curves.problems, study.settings)
    return curve_frame(curves, curves.share, interval)


def caption(_study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves = comparison.curves
    return (
        f"On each problem {phrases.algorithms(curves)} are ranked by their mean normalised regret "
        f"over seeds; ties share a rank. Ranks are averaged over {phrases.suite(curves)}, and "
        f"computed anew in every resample.{phrases.failures(curves)}"
    )


alt = phrases.curves_of("average rank")


def figure(study: Study, _: Comparison, table: pd.DataFrame) -> Lines:
    x = x_axis(table, phrases.share_label(study.settings), percent=True)
    return Lines(styles=study.styles, x=x, y=y_axis(table, "Average rank (lower is better)"))

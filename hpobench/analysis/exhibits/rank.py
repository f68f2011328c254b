"""Average rank over the share of the budget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.inference.average_ranks import suite_ranks
from hpobench.analysis.inference.bootstrap import curve_frame
from hpobench.analysis.numbers import ends
from hpobench.analysis.study import Study
from hpobench.analysis.text.phrases import (
    algorithms_phrase,
    band_note,
    failures_note,
    share_label,
    share_note,
    suite_phrase,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Average rank"
STEM = "rank"


def subjects(study: Study) -> list[Comparison]:
    """Every comparison of two algorithms or more."""
    return [one for one in study.shown if len(one.curves.algorithms) > 1]


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Average rank over problems of the seeds' mean ``nr``, with its interval, at each share of
    the budget.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`.
    """
    curves = comparison.curves
    interval = suite_ranks(normalised(curves), curves.problems, study.settings)
    return curve_frame(curves, curves.share, interval)


def caption(study: Study, comparison: Comparison, _table: pd.DataFrame) -> str:
    curves, settings = comparison.curves, study.settings
    return (
        f"Average rank (1 is best, ties share) of {algorithms_phrase(curves)} over "
        f"{suite_phrase(curves)}, by the mean normalised regret over seeds. {share_note(settings)} "
        f"{band_note(settings)} Ranks are computed anew in every resample.{failures_note(curves)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    return f"Curves of average rank. {ends(table)}"


def drawing(study: Study, _: Comparison, table: pd.DataFrame) -> Callable[[], Figure]:
    return partial(
        draw_lines,
        table,
        study.styles,
        xlabel=share_label(study.settings),
        percent=True,
        ylabel="Average rank (lower is better)",
        log_y=False,
    )

"""Normalised regret over the share of the budget, averaged over problems."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.normalise import normalised
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.inference.bootstrap import curve_frame, suite_mean
from hpobench.analysis.numbers import ends
from hpobench.analysis.study import Study
from hpobench.analysis.text.phrases import (
    algorithms_phrase,
    band_note,
    bottom_note,
    failures_note,
    incumbent_note,
    share_label,
    share_note,
    suite_phrase,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Mean normalised regret"
STEM = "mean_regret"


def subjects(study: Study) -> list[Comparison]:
    return study.shown


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """Mean ``nr`` over seeds, then problems, with its interval, at each share of the budget.

    Columns as :func:`hpobench.analysis.inference.bootstrap.curve_frame`.
    """
    curves = comparison.curves
    interval = suite_mean(normalised(curves), curves.problems, study.settings)
    return curve_frame(curves, curves.share, interval)


def caption(study: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves, settings = comparison.curves, study.settings
    return (
        f"Mean normalised regret of {algorithms_phrase(curves)} over {suite_phrase(curves)}: 0 is "
        "the optimum, 1 the median loss of a random configuration (per problem, listed under "
        f"Setting). {share_note(settings)} {band_note(settings)} "
        f"{incumbent_note(settings)}{failures_note(curves)}{bottom_note(table)}"
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    return f"Curves of mean normalised regret. {ends(table)}"


def drawing(study: Study, _: Comparison, table: pd.DataFrame) -> Callable[[], Figure]:
    return partial(
        draw_lines,
        table,
        study.styles,
        xlabel=share_label(study.settings),
        percent=True,
        ylabel=TITLE,
        log_y=True,
    )

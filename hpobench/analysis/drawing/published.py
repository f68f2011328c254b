"""F1 with what others published marked in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from hpobench.analysis.drawing import anytime_regret
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Mark(NamedTuple):
    """A published regret of an algorithm, the mean of some runs, and their standard deviation."""

    algorithm: str
    at: float
    regret: float
    sd: float


def draw(
    table: pd.DataFrame, problem: str, marks: Sequence[Mark], styles: Styles, settings: Settings
) -> Figure:
    """The curves of :func:`hpobench.analysis.exhibits.anytime_regret.anytime_regret`, and ``marks`` as open
    markers in their algorithms' colours with bars of one standard deviation.

    What lies below the axis, which reaches a decade below the curves for a mark, is at its end.
    """
    figure = anytime_regret.draw(table, problem, styles, settings)
    looks = {algorithm.name: styles.look(algorithm) for algorithm in styles.algorithms}
    ax = figure.axes[0]
    bottom, top = ax.get_ylim()
    centres = [max(mark.regret, bottom / 10) for mark in marks]
    bottom, top = (
        min([bottom, *(c / 1.6 for c in centres)]),
        max([top, *(c * 1.6 for c in centres)]),
    )
    ax.set_ylim(bottom, top)
    for mark, centre in zip(marks, centres, strict=True):
        look = looks[mark.algorithm]
        low, high = (min(max(mark.regret + d, bottom), top) for d in (-mark.sd, mark.sd))
        ax.errorbar(
            [mark.at],
            [centre],
            yerr=[[max(centre - low, 0.0)], [max(high - centre, 0.0)]],
            color=look.color,
            marker=look.marker,
            markersize=7,
            markerfacecolor="white",
            markeredgewidth=1.3,
            elinewidth=1.0,
            capsize=3,
            clip_on=False,
            zorder=5,
        )
    return figure


def caption(marks: Sequence[Mark]) -> str:
    """What the marks are, to follow the caption of F1."""
    return (
        " Open markers: published means, in the colour and shape of the algorithm that is compared "
        "with them; bars: one published standard deviation over runs to either side."
        if marks
        else ""
    )

"""F12: the share of trials that train beyond each share of the full fidelity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.drawing.captions import band, count
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Styles, label_shares
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.survival.survival`, in which some trial ended
    early."""
    shown = table[table["algorithm"].isin(selective(table))]
    before = float(shown.loc[shown["at"] > 0, "at"].min()) / 1.5  # a log axis has no 0
    figure = draw_lines(
        shown.assign(at=shown["at"].clip(lower=before)),
        styles,
        xlabel="Share of the full fidelity",
        percent=True,
        ylabel="Share of trials that train on",
        log_y=False,
    )
    figure.axes[0].set_xlim(right=1.0)
    label_shares(figure.axes[0])
    return figure


def selective(table: pd.DataFrame) -> list[str]:
    """The algorithms under which some trial ended early: nothing can be seen of the others."""
    least = table.groupby("algorithm", sort=False)["estimate"].min()
    return [str(name) for name in least.index[least < 1]]


def caption(table: pd.DataFrame, settings: Settings) -> str:
    hidden = table[~table["algorithm"].isin(selective(table))].drop_duplicates("algorithm")
    schedulers = ", ".join(hidden["scheduler"].drop_duplicates())
    left_out = (
        f" Not drawn: {count(len(hidden), 'algorithm')} of which no trial ended early (under "
        f"{schedulers})."
        if len(hidden)
        else ""
    )
    most = int(table["problems"].max())
    return (
        "Share of trials that train beyond a share of the full fidelity; at 100 % those that "
        "finish. Being stopped and failing are ends; what the end of the budget cuts off, or finds "
        "in a pause, counts up to there only (Kaplan and Meier); a curve ends where on some "
        "problem no trial was left. A trial that goes on after a "
        "pause is one trial; a configuration that is started afresh is another. Where trials are "
        "cloned, a state given up for another's has ended, and the copy joins at the step that its "
        "donor had reached. Estimated per run, mean over seeds and over the problems of several "
        f"steps that the algorithm ran on ({most} at most). {band(settings)}{left_out}"
    )

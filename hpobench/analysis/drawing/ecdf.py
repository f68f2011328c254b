"""F4: the share of targets hit over the share of the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.core.targets import REGRETS, SHARES, Targets, suite_targets
from hpobench.analysis.drawing.captions import (
    band,
    chosen,
    count,
    misses,
    share,
    share_label,
    suite,
)
from hpobench.analysis.drawing.lines import draw_lines
from hpobench.analysis.drawing.style import Styles, label_shares
from hpobench.analysis.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles, settings: Settings) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.ecdf.ecdf`."""
    figure = draw_lines(
        table,
        styles,
        xlabel=share_label(settings),
        percent=True,
        ylabel="Share of targets hit",
        log_y=False,
    )
    label_shares(figure.axes[0])
    return figure


def caption(curves: Curves, problems: pd.DataFrame, settings: Settings) -> str:
    targets = suite_targets(problems, curves)
    return (
        f"Share of all (problem, target, seed) that {count(len(curves.algorithms), 'algorithm')} "
        f"hit by then, over {suite(curves)}; higher is better, problems weigh the same. Targets: "
        f"{_targets(targets)}. A run hits a target with the first incumbent whose loss is at or "
        f"below it. {share(settings)} {band(settings)} {chosen(settings)}.{misses(curves)}"
    )


def _targets(targets: Targets) -> str:
    budgets = ", ".join(f"{n:,}" for n in targets.budgets)
    told = {
        "regret": f"{len(REGRETS)} regrets from {REGRETS[0]:g} to {REGRETS[-1]:g}, evenly spaced "
        "on a log scale, where the optimum is known",
        "random": f"the median losses of random search after {budgets} full evaluations (frozen)",
        "share": f"{len(SHARES)} normalised regrets from {SHARES[0]:g} to {SHARES[-1]:g}, evenly "
        "spaced on a log scale, where neither the optimum is known nor what random search reaches",
    }
    parts = {kind: targets.kinds.count(kind) for kind in told if kind in targets.kinds}
    return "; ".join(f"{told[kind]} ({count(n, 'problem')})" for kind, n in parts.items())

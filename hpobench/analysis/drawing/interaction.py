"""F15: what each scheduler does to each searcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.drawing.captions import failures, incumbent, interval, suite
from hpobench.analysis.drawing.matrix import LOW_IS_BETTER, draw_matrix, short
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.settings import SCHEDULER, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws the table of :func:`hpobench.analysis.exhibits.interaction.interaction`, which has a row; both
    sides in the order of ``styles``."""
    searchers = [s for s in styles.searchers if s in set(table["searcher"])]
    schedulers = [s for s in styles.schedulers if s in set(table["scheduler"])]
    reach = float(table["estimate"].abs().max()) or 1.0
    return draw_matrix(
        table,
        ("searcher", searchers),
        ("scheduler", schedulers),
        colours=LOW_IS_BETTER,
        limits=(-reach, reach),
        write=_signed,
        label=f"Final nr less\nthat under {SCHEDULER}",
    )


def caption(curves: Curves, settings: Settings) -> str:
    return (
        f"Difference in final normalised regret of each searcher under each scheduler to the same "
        f"searcher under {SCHEDULER}, paired by problem and seed, mean over problems; below 0 "
        f"(blue) the scheduler helps. Bold with a dot: the interval excludes 0, pair by pair, not "
        f"adjusted for their number; {interval(settings)}, none where a problem has a single seed. "
        f"Over {suite(curves)}; a scheduler that skipped problems is compared on the rest, as "
        f"counted in the table. Grey: not run. {incumbent(settings)}{failures(curves)}"
    )


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    return sign + short(abs(value))

"""How algorithms look, the same in every figure of a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from hpobench.analysis.core.curves import Algorithm

PALETTE = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # green
    "#CC79A7",  # purple
    "#E69F00",  # orange
    "#56B4E9",  # sky
    "#2B2B2B",  # near black
    "#94891A",  # olive: Okabe and Ito's yellow, dark enough for a line on white
)
"""Okabe and Ito's colours, told apart under the common colour blindnesses."""
MARKERS = ("o", "s", "^", "D", "v", "p", "X", "h")
DASHES = ((0, ()), (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
INK, MUTED, GRID, GHOST = "#1F2328", "#59636E", "#E3E6EA", "#CDD2D8"
ACCENT, WARNING = PALETTE[0], PALETTE[1]
ONE_PANEL = 8  # more algorithms than this and each scheduler gets a panel of its own in a file


@dataclass(frozen=True)
class Look:
    color: str
    marker: str
    dashes: tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class Styles:
    """The look of each algorithm: hue and marker by searcher, line style by scheduler.

    Assigned by the order of ``algorithms``, which is the suite's; with a single searcher the
    hue tells schedulers apart.
    """

    algorithms: tuple[Algorithm, ...]

    @cached_property
    def searchers(self) -> list[str]:
        return list(dict.fromkeys(a.searcher for a in self.algorithms))

    @cached_property
    def schedulers(self) -> list[str]:
        return list(dict.fromkeys(a.scheduler for a in self.algorithms))

    @property
    def hue(self) -> str:
        """The column that hues tell apart."""
        return "searcher" if len(self.searchers) > 1 else "scheduler"

    @property
    def faceted(self) -> bool:
        """Whether a file has a panel for each scheduler."""
        return len(self.algorithms) > ONE_PANEL and len(self.schedulers) > 1

    def look(self, algorithm: Algorithm, *, together: bool = False) -> Look:
        """``together``: all algorithms are drawn in one panel, however many they are."""
        by_searcher = self.hue == "searcher"
        hues = self.searchers if by_searcher else self.schedulers
        i = hues.index(getattr(algorithm, self.hue))
        # Once around the palette the markers shift, so that no two looks are the same.
        marker = MARKERS[(i + i // len(PALETTE)) % len(MARKERS)]
        solid = (self.faceted and not together) or not by_searcher
        j = 0 if solid else self.schedulers.index(algorithm.scheduler) % len(DASHES)
        return Look(PALETTE[i % len(PALETTE)], marker, DASHES[j])

    def rows(self, table: pd.DataFrame) -> dict[Algorithm, pd.DataFrame]:
        """The rows of ``table`` of each algorithm that has any, in the order of the styles."""
        rows = dict(iter(table.groupby("algorithm", sort=False, observed=True)))
        return {a: rows[a.name] for a in self.algorithms if a.name in rows}

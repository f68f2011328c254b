"""What figures show. Each is described once, and drawn from its description twice: on a page by
:mod:`hpobench.analysis.charting`, in a file by :mod:`hpobench.analysis.drawing`.

A description is plain data that can be pickled. It is drawn with the table of its exhibit, to which
:meth:`Figure.rows` adds what both drawings need; such columns begin with an underscore.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from hpobench.analysis.looks import PALETTE, Styles
from hpobench.analysis.settings import REGRET_FLOOR


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What all descriptions have in common."""

    title: str = ""
    """Of a file; a page has the exhibit's own."""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """``table`` as it is drawn."""
        return table


class Axis(NamedTuple):
    title: str
    low: float
    """Where the axis begins, like ``high``, where it ends: curves set the range, since an interval
    that reaches 0 has no end on a log axis."""
    high: float
    scale: Literal["linear", "log", "nines"] = "linear"
    """``nines``: 0.9 is as far from 0 as 0.99 is from 0.9, since good scores differ in what they
    lack."""
    percent: bool = False


def x_axis(table: pd.DataFrame, title: str, *, log: bool = True, percent: bool = False) -> Axis:
    """The ``at`` of curves; a log axis begins with the last time before any curve has moved."""
    at = np.unique(table["at"].to_numpy(np.float64))
    if not log:
        return Axis(title, 0.0, float(at[-1]), percent=percent)
    values = table.pivot(index="at", columns="algorithm", values="estimate")
    moved = np.flatnonzero((values != values.iloc[0]).any(axis=1))
    first = max(int(moved[0]) - 1, 0) if len(moved) else 0
    low = float(at[min(first, len(at) - 2)])  # an axis of no length cannot be drawn
    return Axis(title, low if low > 0 else float(at[1]) / 1.5, float(at[-1]), "log", percent)


def y_axis(table: pd.DataFrame, title: str, *, log: bool = False, percent: bool = False) -> Axis:
    """The ``estimate`` of curves; those that reach the optimum leave a log axis at the bottom, lest
    the floor squeeze all others. A ``percent`` axis goes from nothing to all."""
    if percent:
        return Axis(title, -0.02, 1.02, percent=True)
    estimate = table["estimate"]
    high = float(estimate.max())
    if not log:
        low = float(estimate.min())
        margin = 0.06 * max(high - low, 1.0)
        return Axis(title, low - margin, high + margin)
    low = float(estimate[estimate > REGRET_FLOOR].min())
    low = REGRET_FLOOR if np.isnan(low) else low  # every curve is at the optimum
    return Axis(title, low / 1.6, max(high, REGRET_FLOOR) * 1.25, "log")


def far_apart(low: float, high: float) -> bool:
    """Whether positive numbers from ``low`` to ``high`` take a log axis, so that the lowest can be
    told apart."""
    return 0 < 5 * low < high


@dataclass(frozen=True, kw_only=True)
class Lines(Figure):
    """Curves with their intervals, as steps, one for each algorithm: of a table with the columns
    ``algorithm, searcher, scheduler, at, estimate, low, high``."""

    styles: Styles
    x: Axis
    y: Axis
    only: tuple[str, ...] | None = None
    """The algorithms that are drawn; by default all."""
    front: bool = False
    """Whether the column ``front`` names the best at each time, to be drawn as a broad line."""


class Choice(NamedTuple):
    """Rows of which a page shows one kind at a time, and a file all kinds beside each other."""

    column: str
    """It says of which kind a row is."""
    title: str
    options: tuple[tuple[str, str | float], ...]
    """The label and the value of each kind, the one that a page shows first in front."""


@dataclass(frozen=True, kw_only=True)
class Views(Figure):
    """Lines of several kinds, each with axes of its own."""

    choice: Choice
    lines: tuple[Lines, ...]
    """Of each option."""


@dataclass(frozen=True, kw_only=True)
class Dots(Figure):
    """A row for each algorithm, with a dot and its interval: of a table with the columns
    ``algorithm, searcher, scheduler, estimate, low, high``."""

    styles: Styles
    names: tuple[str, ...]
    """The algorithms, from the top."""
    x: Axis
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class Matrix(Figure):
    """Coloured fields with a number in each; grey where there is none."""

    down: tuple[str, tuple[str, ...]]
    """The column of the table that says in which row a number stands, and its values in order."""
    across: tuple[str, tuple[str, ...]]
    """The same for the column."""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Columns that stand together: what they have in common, and their names within the group."""
    value: str
    texts: tuple[str, ...]
    """What is written in the field of each row of the table."""
    label: str
    """Of the colours."""
    colours: Literal["high is better", "low is better", "regret"]
    limits: tuple[float, float]
    """Of the colours; those of ``regret`` are logarithmic."""
    strong: str
    """The column that says which numbers are in bold."""
    framed: bool = False
    """Whether they are in a frame too."""
    dotted: str
    """The column that says which fields have a dot in the corner."""
    warning: bool = False
    """Whether the dots warn."""
    told: tuple[tuple[str, str], ...]
    """What a reader who points at a field is told: the columns with their titles."""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(_text=list(self.texts))


@dataclass(frozen=True, kw_only=True)
class Strips(Figure):
    """A strip of coloured fields with numbers for each problem, along a log axis of shares: of a
    table with the columns ``problem, at, estimate, low, high, trials``. A field reaches from its
    ``at`` to the problem's next."""

    names: tuple[tuple[str, str], ...]
    """The problems from the top, each with its label."""
    texts: tuple[str, ...]
    """What is written in the field of each row of the table."""
    x: Axis
    label: str
    """Of the colours, from -1 to 1."""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(
            _name=table["problem"].map(dict(self.names)),
            _until=table.groupby("problem", sort=False)["at"].shift(-1),
            _text=list(self.texts),
        )


Bar = tuple[int, ...]  # the rows of algorithms that tests do not tell apart


class Ranking(NamedTuple):
    """The ranks at one share of the budget."""

    test: str
    """What Friedman's test says of all of them."""
    lanes: tuple[tuple[Bar, ...], ...]
    """The bars, side by side where they would overlap."""
    critical_difference: float | None


@dataclass(frozen=True, kw_only=True)
class Ranks(Figure):
    """Average ranks with bars that join algorithms which tests do not tell apart: of a table with
    the columns ``share, algorithm, searcher, scheduler, rank, groups``."""

    styles: Styles
    names: tuple[str, ...]
    """The algorithms."""
    choice: Choice
    """Of the share."""
    rankings: tuple[Ranking, ...]
    """Of each option."""
    by_group: bool
    """Whether a bar stands for a group, or for an algorithm and all that share a group with it."""


@dataclass(frozen=True, kw_only=True)
class Scaling(Figure):
    """Means over the number of workers, on axes of powers of two: of a table with the columns
    ``measure, workers, problem, algorithm, searcher, scheduler, estimate, low, high, bound``."""

    styles: Styles
    choice: Choice
    """Of the measure."""
    workers: tuple[int, ...]
    y: Axis
    spread: float
    """Of a doubling: the points of the same number of workers lie beside each other."""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """``_bounded``: the mean holds a bound."""
        key = [table[column] for column in ("measure", "algorithm", "workers")]
        return table.assign(
            _bounded=table["bound"].isin(["<=", ">="]).groupby(key).transform("any")
        )


ENDS = {
    "completed": ("o", PALETTE[6]),
    "stopped": ("X", PALETTE[1]),
    "paused": ("d", PALETTE[4]),
    "failed": ("P", PALETTE[3]),
}
"""Shape and colour by how a bar ended; one that was cut off has no mark."""


@dataclass(frozen=True, kw_only=True)
class Gantt(Figure):
    """Bars of trials on workers over time, a group of rows for each run: of a table with the
    columns of :mod:`hpobench.analysis.exhibits.timeline`."""

    runs: tuple[tuple[str, str, int], ...]
    """The cell, the name and the workers of each, from the top."""
    x: Axis
    label: str
    """Of the colours, which go by ``last_step``, up to ``steps``."""
    steps: int
    ladder: tuple[int, ...]
    """The steps that are named."""
    ends: tuple[str, ...]
    """Those of :data:`ENDS` that occur."""
    links: int
    """The clones of a run that has more are not linked to their donors."""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """``_run`` is the name, ``_linked`` whether a line leads to the bar from its donor."""
        clone = table["parent_worker"].notna()
        shown = clone & (table["begin"] < self.x.high)
        few = shown.groupby(table["cell"], sort=False).transform("sum") <= self.links
        names = {cell: name for cell, name, _ in self.runs}
        return table.assign(_run=table["cell"].map(names), _linked=clone & few)


class Label(NamedTuple):
    """What stands along an axis."""

    position: float
    text: str
    side: Literal["above", "below", "beside"]
    """Of the axis' end, or of the axis."""


class Parameter(NamedTuple):
    """An axis that lines cross."""

    name: str
    title: str
    labels: tuple[Label, ...]
    room: float
    """The share of the axis over which lines with the same choice are spread."""


GOLDEN = (5**0.5 - 1) / 2
"""Spreads lines with the same choice: the shift of a line is its number times this, modulo 1."""
INACTIVE = -0.17  # where lines pass a parameter that they do not have


@dataclass(frozen=True, kw_only=True)
class Parallel(Figure):
    """Configurations as lines across an axis for each parameter: of a table with the columns of
    :mod:`hpobench.analysis.exhibits._best_configurations`."""

    parameters: tuple[Parameter, ...]
    conditional: bool
    """Whether some lines pass below a parameter."""
    colours: Axis
    """Of the best lines' values."""
    maximize: bool

    @property
    def bottom(self) -> float:
        """Where the view ends."""
        return INACTIVE - 0.05 if self.conditional else -0.09


@dataclass(frozen=True, kw_only=True)
class Descent(Figure):
    """Learning curves of trials that go on from each other's states: of a table with the columns of
    :mod:`hpobench.analysis.exhibits.lineage`."""

    x: Axis
    y: Axis

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """``_next_step`` and ``_next_value``: where a trial went on that gave its state up here.
        ``_begin`` and ``_best``: whether the line to the best result comes to another stretch here,
        and whether it ends."""
        follows = table.groupby("trial")[["stretch", "step", "value"]].shift(-1)
        left = follows["stretch"].notna() & (follows["stretch"] != table["stretch"])
        line = table[table["ancestor"]]
        return table.assign(
            _next_step=follows["step"].where(left),
            _next_value=follows["value"].where(left),
            _begin=table.index.isin(line.drop_duplicates("stretch").index),
            _best=table.index.isin(line.index[-1:]),
        )

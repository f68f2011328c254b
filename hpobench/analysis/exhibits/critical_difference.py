"""Which algorithms the problems tell apart, at four shares of the budget.

Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpobench.analysis.charting import Spec
from hpobench.analysis.charting.ranks import critical_differences
from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.drawing.style import INK, MUTED, Drawing, Styles, drawable, house_style
from hpobench.analysis.exhibits._tab import Tab
from hpobench.analysis.inference.rank_tests import RankTests, enough_to_test, rank_tests
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.numbers import count, first_and_last
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Critical differences"
STEM = "critical_difference"
SHOWS = (
    "The average place over the problems, 1 is best. Point at an algorithm: those that stay "
    "coloured are not told apart from it by the tests."
)
TAB: Tab = "tests"

COLUMNS = 2
"""Panels beside each other."""

ROW, LANE, GAP = 0.165, 0.085, 0.35
"""Inches: the height of an algorithm, the width of a bar, and what is between panels."""

DOT: Any = {"markersize": 2.7, "markeredgewidth": 0.6}

Bar = list[int]
"""The rows of a group's members."""


def subjects(study: Study) -> list[Comparison]:
    """Every comparison of as many problems and algorithms as the tests take."""
    return [one for one in study.shown if enough_to_test(one.curves)]


def tested(_: Study, comparison: Comparison) -> RankTests:
    """What the tests find; :mod:`~hpobench.analysis.exhibits.critical_pairs` has the pairs."""
    return rank_tests(comparison.curves)


def table(study: Study, comparison: Comparison) -> pd.DataFrame:
    """The ``ranks`` of :class:`hpobench.analysis.inference.rank_tests.RankTests`."""
    return study.computed(tested, comparison).ranks


def caption(_study: Study, comparison: Comparison, table: pd.DataFrame) -> str:
    curves = comparison.curves
    k, n = len(curves.algorithms), len(curves.problems)
    pairs = k * (k - 1) // 2
    nemenyi = _nemenyi(table)
    test = (
        "Nemenyi's test tells apart whose ranks differ by more than the critical difference, CD"
        if nemenyi
        else "Wilcoxon's signed-rank test tells pairs apart, with Holm's adjustment for "
        f"{count(pairs, 'pair')}"
    )
    # The most lopsided signs of N pairs have p = 2 / 2^N, and Holm's first factor is all pairs.
    hopeless = not nemenyi and pairs * 2.0 ** (1 - n) >= ALPHA
    return (
        f"{count(k, 'algorithm')} are ranked on each of {count(n, 'problem')} by the median of "
        f"normalised regret over {phrases.seeds(curves)}; ties share a rank. Friedman's test, in "
        f"Iman and Davenport's form, says whether they differ. Where it rejects at {ALPHA:.0%}, "
        f"{test}."
        f"{f' With N = {n} it cannot tell any of so many pairs apart.' if hopeless else ''} "
        f"{_key_note(table)}{phrases.failures(curves)}"
    )


def _key_note(table: pd.DataFrame) -> str:
    if _by_group(table):
        return (
            "A bar is a largest group of which no two are told apart, with a dot for each member. "
            "An algorithm without a bar is told apart from all."
        )
    return (
        "A bar belongs to the algorithm at its ring and has a dot for each that this one is not "
        "told apart from, since groups would be more than algorithms."
    )


def alt(_: Comparison, table: pd.DataFrame) -> str:
    last = table[table["share"] == table["share"].max()]
    return f"Average ranks and groups that are not told apart. {first_and_last(last)}"


def drawing(study: Study, _: Comparison, table: pd.DataFrame) -> Drawing:
    return partial(draw, table, study.styles)


def chart(study: Study, _: Comparison, table: pd.DataFrame) -> Spec:
    """One share of the budget at a time."""
    shares = list(table["share"].unique())[::-1]
    return critical_differences(
        study.styles,
        list(table.loc[table["share"] == shares[0], "algorithm"]),
        {f"{100 * share:g} %": float(share) for share in shares},
        {
            f"{float(share):g}": f"Friedman's test: {_test(table[table['share'] == share].iloc[0])}"
            for share in shares
        },
        _most_groups(table) if _by_group(table) else None,
    )


def draw(table: pd.DataFrame, styles: Styles) -> Figure:
    """Draws :func:`table`.

    An algorithm a row, the best on top, unlike the customary diagram, whose labels do not fit
    tens of algorithms. Groups are the bars on the right, with a dot for each member. Where more
    groups than algorithms would lie side by side, as they do when the tests tell a few pairs
    apart here and there, each algorithm has a bar of its own instead, with a dot for everyone
    that it is not told apart from.
    """
    from matplotlib.figure import Figure

    panels = [(part, table[table["share"] == part]) for part in table["share"].unique()]
    algorithms = len(panels[0][1])
    lanes = [_lanes(_bars(rows)) for _, rows in panels]
    by_group = _by_group(table)
    if not by_group:
        lanes = [_neighbours(_bars(rows), algorithms) for _, rows in panels]
    width = LANE * max(2, *map(len, lanes)) + GAP
    lines = algorithms + (1.2 if _nemenyi(table) else 0.3)
    longest = max(len(drawable(a.name)) for a in styles.algorithms)
    height = -(-len(panels) // COLUMNS)
    with house_style():
        size = (COLUMNS * (2.4 + 0.07 * longest + width), height * (0.75 + ROW * lines))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(height, 2 * COLUMNS, width_ratios=[2.0, width] * COLUMNS)
        for i, ((part, rows), own) in enumerate(zip(panels, lanes, strict=True)):
            row, column = divmod(i, COLUMNS)
            left = figure.add_subplot(grid[row, 2 * column])
            right = figure.add_subplot(grid[row, 2 * column + 1], sharey=left)
            left.set_title(f"{100 * part:g} % of the budget")
            left.set_ylim(algorithms - 0.5, algorithms - 0.5 - lines)
            _ranks(left, rows, styles)
            _groups(right, own, width / LANE)
            if not by_group:
                own_rows = range(algorithms)
                right.plot(own_rows, own_rows, "o", color=INK, markerfacecolor="white", **DOT)
    return figure


def _by_group(table: pd.DataFrame) -> bool:
    """Whether there is room for the groups of every panel."""
    panels = [rows for _, rows in table.groupby("share")]
    return all(len(_lanes(_bars(rows))) <= len(rows) for rows in panels)


def _most_groups(table: pd.DataFrame) -> int:
    return max(len(_bars(rows)) for _, rows in table.groupby("share"))


def _nemenyi(table: pd.DataFrame) -> bool:
    return bool(table["critical_difference"].notna().all())


def _ranks(ax: Axes, rows: pd.DataFrame, styles: Styles) -> None:
    from matplotlib.ticker import MaxNLocator

    algorithms = {a.name: a for a in styles.algorithms}
    places = list(zip(rows["algorithm"], rows["rank"], strict=True))
    for y, (name, rank) in enumerate(places):
        look = styles.look(algorithms[name])
        ax.plot([1, rank], [y, y], color=look.color, linewidth=0.8, alpha=0.45)
        ax.plot(rank, y, look.marker, color=look.color, markersize=4.6, clip_on=False)
    labels = [f"{drawable(name)}  {rank:.2f}" for name, rank in places]
    ax.set_yticks(range(len(rows)), labels, color=INK)
    ax.tick_params(axis="y", length=0, pad=6)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    ax.set_xlim(1, max(len(rows), float(rows["rank"].max())))  # rows may be the best of many
    first = rows.iloc[0]
    ax.set_xlabel(f"Average rank; {_test(first)}")
    if _nemenyi(rows):
        cd, above = first["critical_difference"], -0.9
        ax.plot([1, 1 + cd], [above, above], "|-", color=INK, linewidth=1.2, clip_on=False)
        ax.text(1 + cd, above, f"  CD = {cd:.2f}", va="center", fontsize=7, color=MUTED)


def _groups(ax: Axes, lanes: list[list[Bar]], width: float) -> None:
    ax.set_axis_off()
    ax.set_xlim(-0.5, width - 0.5)
    for x, lane in enumerate(lanes):
        for bar in lane:
            ax.plot([x, x], [bar[0], bar[-1]], color=INK, linewidth=0.9)
            ax.plot([x] * len(bar), bar, "o", color=INK, **DOT)


def _bars(rows: pd.DataFrame) -> list[Bar]:
    """The groups of a panel, those that begin on top first."""
    bars: dict[str, Bar] = {}
    for y, groups in enumerate(rows["groups"]):
        for group in groups.split():
            bars.setdefault(group, []).append(y)
    return list(bars.values())


def _lanes(bars: list[Bar]) -> list[list[Bar]]:
    """The bars in as few lanes as hold them without overlap."""
    lanes: list[list[Bar]] = []
    for bar in bars:
        free = next((lane for lane in lanes if lane[-1][-1] < bar[0]), None)
        if free is None:
            lanes.append([bar])
        else:
            free.append(bar)
    return lanes


def _neighbours(bars: list[Bar], rows: int) -> list[list[Bar]]:
    """A lane for each row, with all that share a group with it."""
    shared = [{y}.union(*(bar for bar in bars if y in bar)) for y in range(rows)]
    return [[sorted(bar)] for bar in shared]


def _test(row: pd.Series) -> str:
    """Friedman's test of the share that ``row`` is about."""
    return f"N = {row['problems']}, F = {row['f']:.3g}, {_p(row['p'])}"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"

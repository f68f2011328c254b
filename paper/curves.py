"""The curves behind a publication's claims, with what was published marked in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.drawing import draw
from hpobench.analysis.exhibits import anytime_regret
from hpobench.analysis.looks import Styles
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from hpobench.paper.claims import Publication, Value
from hpobench.paper.published import settings_of
from hpobench.store.read.reader import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawn:
    """A figure with the table that it shows."""

    problem: str
    figure: Figure
    table: pd.DataFrame
    marked: bool
    """Whether published values are marked."""


class Mark(NamedTuple):
    """A published regret of an algorithm, the mean of some runs, and their standard deviation."""

    algorithm: str
    at: float
    regret: float
    sd: float


def figures(publication: Publication, results: Results, settings: Settings) -> Iterator[Drawn]:
    """Mean regret on the publication's axis, a figure for each problem of its claims."""
    study = Study(results, settings_of(publication, settings))
    for name in publication.problems:
        problem = study.problems[name]
        table = study.computed(anytime_regret.table, problem)
        sign = -1.0 if problem.row["direction"] == "maximize" else 1.0
        marks = _marks(publication, study.curves, name, sign)
        figure = draw(anytime_regret.figure(study, problem, table), table)
        _mark(figure, marks, study.styles)
        yield Drawn(name, figure, table, marked=bool(marks))


def _marks(publication: Publication, curves: Curves, problem: str, sign: float) -> list[Mark]:
    """The published values on ``problem`` as regrets; ``sign``: of its metric as a loss."""
    optimum = float(curves.optimum[curves.problems.index(problem)])
    return [
        Mark(claim.algorithm, claim.at, sign * claim.published - optimum, claim.sd)
        for claim in publication.claims
        if isinstance(claim, Value) and claim.problem == problem
    ]


def _mark(figure: Figure, marks: Sequence[Mark], styles: Styles) -> None:
    """Add ``marks`` as open markers in their algorithms' colours with bars of one standard
    deviation.

    A mark that lies below the axis, which reaches a decade below the curves for it, is drawn at the
    axis' end.
    """
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

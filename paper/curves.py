"""The curves behind a publication's claims, with what was published marked in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Curves, compute_curves
from hpobench.analysis.drawing import captions
from hpobench.analysis.drawing import published as figure
from hpobench.analysis.drawing.published import Mark
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.exhibits.anytime_regret import anytime_regret
from hpobench.analysis.settings import Settings
from hpobench.paper.claims import Publication, Value
from hpobench.paper.published import settings_of
from hpobench.store.reader import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawn:
    """A figure with its caption and the table that it shows."""

    problem: str
    figure: Figure
    caption: str
    table: pd.DataFrame


def figures(publication: Publication, results: Results, settings: Settings) -> Iterator[Drawn]:
    """Mean regret on the publication's axis, a figure for each problem of its claims."""
    settings = settings_of(publication, settings)
    curves = compute_curves(results, settings)
    styles = Styles(curves.algorithms)
    problems = results.problems.set_index("problem")
    for problem in publication.problems:
        table = anytime_regret(curves, problem, settings)
        sign = -1.0 if problems.loc[problem, "direction"] == "maximize" else 1.0
        marks = _marks(publication, curves, problem, sign)
        known = bool(problems.loc[problem, "known"])
        text = captions.anytime_regret(curves, problem, settings, known=known, table=table)
        yield Drawn(
            problem,
            figure.draw(table, problem, marks, styles, settings),
            text + figure.caption(marks),
            table,
        )


def _marks(publication: Publication, curves: Curves, problem: str, sign: float) -> list[Mark]:
    """The published values on ``problem`` as regrets; ``sign``: of its metric as a loss."""
    optimum = float(curves.optimum[curves.problems.index(problem)])
    return [
        Mark(claim.algorithm, claim.at, sign * claim.published - optimum, claim.sd)
        for claim in publication.claims
        if isinstance(claim, Value) and claim.problem == problem
    ]

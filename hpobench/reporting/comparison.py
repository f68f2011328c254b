"""The figures and tables of one fair comparison: averages over its problems."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.core.curves import Comparison, Curves
from hpobench.analysis.core.hits import Runs
from hpobench.analysis.drawing import aggregates as f7
from hpobench.analysis.drawing import captions
from hpobench.analysis.drawing import critical_difference as f6
from hpobench.analysis.drawing import ecdf as f4
from hpobench.analysis.drawing import efficiency as f11
from hpobench.analysis.drawing import mean_regret as f2
from hpobench.analysis.drawing import profile as f5
from hpobench.analysis.drawing import rank as f3
from hpobench.analysis.drawing import utilisation as f10
from hpobench.analysis.drawing import win_matrix as f8
from hpobench.analysis.drawing.style import Styles
from hpobench.analysis.exhibits.aggregates import aggregates
from hpobench.analysis.exhibits.anytime_score import anytime_score
from hpobench.analysis.exhibits.critical_difference import critical_difference
from hpobench.analysis.exhibits.ecdf import ecdf
from hpobench.analysis.exhibits.efficiency import efficiency
from hpobench.analysis.exhibits.mean_regret import mean_regret
from hpobench.analysis.exhibits.profile import profile
from hpobench.analysis.exhibits.rank import rank
from hpobench.analysis.exhibits.speedup import speedup
from hpobench.analysis.exhibits.standings import standings
from hpobench.analysis.exhibits.utilisation import utilisation
from hpobench.analysis.exhibits.win_matrix import win_matrix
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import TooFewError
from hpobench.reporting import tables
from hpobench.reporting.entries import FigureEntry, Files, TableEntry
from hpobench.reporting.numbers import ends, first_and_last
from hpobench.store.reader import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Compared:
    """What a report shows of ``comparison``."""

    files: Files
    results: Results
    """Of one number of workers."""
    every: Results
    """Those of the others, too."""
    runs: Runs
    comparison: Comparison
    styles: Styles
    settings: Settings

    def figures(self) -> Iterator[FigureEntry]:
        """F2 to F8, F10 and F11, but for those that take more algorithms, problems or numbers of
        workers than there are."""
        several = len(self._curves.algorithms) > 1
        yield self._mean_regret()
        if several:
            yield self._rank()
        yield self._ecdf()
        yield self._profile()
        if several:
            with contextlib.suppress(TooFewError):  # the notes say of what
                yield self._critical_difference()
        yield self._aggregates()
        if several:
            yield self._win_matrix()
        yield from self._utilisation()
        yield from self._efficiency()

    def tables(self) -> Iterator[TableEntry]:
        """T2, where random search was run, and T3."""
        gains = speedup(self._curves, self.runs, self.settings)
        if len(gains):
            caption = captions.speedup(self._curves, self.settings)
            csv = self.files.table("speedup", gains)
            yield tables.speedup_table(self._title("T2 Speed-up"), caption, gains, csv)
        scores = anytime_score(self._curves, self.settings)
        caption = captions.anytime_score(self._curves, self.settings)
        csv = self.files.table("anytime_score", scores)
        yield tables.anytime_table(self._title("T3 Anytime score"), caption, scores, csv)

    def standings(self) -> tuple[pd.DataFrame, TableEntry]:
        """Who leads, for the verdict and as a table."""
        frame = standings(self._curves, self.settings)
        caption = captions.standings(self._curves, self.settings)
        csv = self.files.table("standings", frame)
        return frame, tables.standings_table(self.comparison.title, caption, frame, csv)

    @property
    def _curves(self) -> Curves:
        return self.comparison.curves

    def _title(self, what: str) -> str:
        title = self.comparison.title
        return f"{what}: {title[0].lower()}{title[1:]}"

    def _figure(
        self,
        name: str,
        title: str,
        caption: str,
        alt: str,
        table: pd.DataFrame,
        draw: Callable[[], Figure],
    ) -> FigureEntry:
        return self.files.figure(name, self._title(title), caption, alt, table, draw)

    @cached_property
    def mean_regret(self) -> pd.DataFrame:
        """The table of F2."""
        return mean_regret(self._curves, self.settings)

    def _mean_regret(self) -> FigureEntry:
        table = self.mean_regret
        return self._figure(
            "mean_regret",
            "F2 Mean normalised regret",
            captions.mean_regret(self._curves, self.settings, table),
            f"Curves of mean normalised regret. {ends(table)}",
            table,
            partial(f2.draw, table, self.styles, self.settings),
        )

    def _rank(self) -> FigureEntry:
        table = rank(self._curves, self.settings)
        return self._figure(
            "rank",
            "F3 Average rank",
            captions.rank(self._curves, self.settings),
            f"Curves of average rank. {ends(table)}",
            table,
            partial(f3.draw, table, self.styles, self.settings),
        )

    def _ecdf(self) -> FigureEntry:
        table = ecdf(self._curves, self.runs, self.results.problems, self.settings)
        return self._figure(
            "ecdf",
            "F4 Targets hit",
            f4.caption(self._curves, self.results.problems, self.settings),
            f"Curves of the share of targets hit. {ends(table)}",
            table,
            partial(f4.draw, table, self.styles, self.settings),
        )

    def _profile(self) -> FigureEntry:
        table = profile(self._curves, self.runs, self.settings)
        solved = table[table["view"] == "performance"]
        return self._figure(
            "profile",
            "F5 Performance profile and scores",
            f5.caption(self._curves, self.settings),
            f"Curves of the share of problems solved, and of runs by score. {ends(solved)}",
            table,
            partial(f5.draw, table, self.styles, self.settings),
        )

    def _critical_difference(self) -> FigureEntry:
        found = critical_difference(self._curves)
        self.files.table("critical_pairs", found.pairs)
        last = found.ranks[found.ranks["share"] == found.ranks["share"].max()]
        return self._figure(
            "critical_difference",
            "F6 Critical differences",
            f6.caption(self._curves, self.settings, found.ranks),
            f"Average ranks and groups that are not told apart. {first_and_last(last)}",
            found.ranks,
            partial(f6.draw, found.ranks, self.styles),
        )

    def _aggregates(self) -> FigureEntry:
        table = aggregates(self._curves, self.settings)
        return self._figure(
            "aggregates",
            "F7 Aggregates",
            f7.caption(self._curves, self.settings),
            f"Intervals of four aggregates of final regrets. {first_and_last(table)}",
            table,
            partial(f7.draw, table, self.styles),
        )

    def _win_matrix(self) -> FigureEntry:
        table = win_matrix(self._curves, self.settings)
        return self._figure(
            "win_matrix",
            "F8 Probability of improvement",
            f8.caption(self._curves, self.settings),
            f"Matrix of the probability that one is better than another. {first_and_last(table)}",
            table,
            partial(f8.draw, table),
        )

    def _utilisation(self) -> Iterator[FigureEntry]:
        table = utilisation(self.results, self._curves, self.settings)
        if len(table):
            yield self._figure(
                "utilisation",
                "F10 Worker utilisation",
                f10.caption(self._curves, self.settings),
                f"Curves of the share of workers that are busy. {ends(table)}",
                table,
                partial(f10.draw, table, self.styles),
            )

    def _efficiency(self) -> Iterator[FigureEntry]:
        table = efficiency(self.every, self._curves, self.settings)
        if len(table):
            yield self._figure(
                "efficiency",
                "F11 Parallel efficiency",
                f11.caption(table, self._curves, self.settings),
                "Curves of parallel efficiency over the number of workers. The numbers are in the "
                "CSV file.",
                table,
                partial(f11.draw, table, self.styles),
            )

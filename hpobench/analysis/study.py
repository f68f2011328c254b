"""A study: stored results, and what is computed from them once for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeVar

import pandas as pd

from hpobench.analysis.core.budgets import budget_axis, with_most_workers
from hpobench.analysis.core.curves import (
    Comparison,
    Curves,
    comparisons,
    compute_curves,
    problems_of,
)
from hpobench.analysis.core.failures import failures
from hpobench.analysis.core.hits import Runs, compute_runs
from hpobench.analysis.core.reference_losses import bounded, completed
from hpobench.analysis.inference.families import FEWEST, Families, families_of
from hpobench.analysis.looks import Styles
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import TooFewError
from hpobench.store.read.reader import Results


class Subject(Hashable, Protocol):
    """What one figure or table is about: a :class:`Whole` study, one fair
    :class:`~hpobench.analysis.core.curves.Comparison` of it, :class:`OneProblem` or
    :class:`SomeRuns`."""

    @property
    def name(self) -> str:
        """What follows the title; empty where there is only one such figure or table."""

    @property
    def stem(self) -> str:
        """What follows the name of the file; empty for what is about the suite as a whole."""


@dataclass(frozen=True, eq=False)
class Whole:
    """All runs of a study."""

    name: ClassVar[str] = ""
    stem: ClassVar[str] = ""


@dataclass(frozen=True, eq=False)
class OneProblem:
    """All runs on one problem."""

    row: pd.Series
    """The problem's row in the results."""

    @property
    def name(self) -> str:
        return str(self.row["problem"])

    @property
    def stem(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class SomeRuns:
    """A few runs on one problem."""

    cells: pd.DataFrame
    """The rows of these runs in the results' cells."""
    problem: pd.Series
    """The problem's row in the results."""
    name: str = ""
    stem: str = ""


S = TypeVar("S", bound=Subject)
T = TypeVar("T")


class Study:
    """Stored results under one choice of settings.

    Everything is computed when it is first asked for and then kept. By default the settings are
    those of the report: the axis is that of the runs' budgets.
    """

    def __init__(self, results: Results, settings: Settings | None = None) -> None:
        self.every = completed(bounded(results))
        """All runs, with references measured for problems that come without."""
        self.settings = settings or Settings(axis=budget_axis(results))
        self.whole = Whole()
        self._kept: dict[tuple[Hashable, Subject], Any] = {}

    @cached_property
    def results(self) -> Results:
        """The runs that averages are of: those with the most workers."""
        return with_most_workers(self.every)

    @cached_property
    def curves(self) -> Curves:
        return compute_curves(self.results, self.settings)

    @cached_property
    def runs(self) -> Runs:
        """The incumbents of the runs, which first hitting times are read off."""
        return compute_runs(self.results, self.settings)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        return comparisons(self.curves)

    @cached_property
    def any_done(self) -> bool:
        """Whether a run on a problem with references ended well. Where none did, every curve would
        be the clip value."""
        return bool((self.curves.present & ~self.curves.failed).any())

    @cached_property
    def families(self) -> dict[str, str]:
        """The family of each problem that has runs."""
        return families_of(self.results.cells)

    def families_in(self, comparison: Comparison) -> Families:
        """The families of the problems of ``comparison``."""
        problems = comparison.curves.problems
        return Families(problems, [self.families[problem] for problem in problems])

    @property
    def knows_trials(self) -> bool:
        """Whether trials are stored with the results: references for ``compare`` have none."""
        return not self.results.trials.empty

    @property
    def shown(self) -> list[Comparison]:
        """The comparisons that are worth a figure: none if nothing but failures is compared."""
        return self.comparisons if self.any_done else []

    @cached_property
    def problems(self) -> dict[str, OneProblem]:
        """The problems that have runs, by name, in the suite's order."""
        rows = (row for _, row in problems_of(self.results).iterrows())
        return {one.name: one for one in map(OneProblem, rows)}

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The failed ones of all runs."""
        return failures(self.every.cells)

    @cached_property
    def styles(self) -> Styles:
        return Styles(self.curves.algorithms)

    def computed(self, function: Callable[[Study, S], T], subject: S) -> T:
        """``function(self, subject)``, called once: the table of an exhibit has several readers."""
        key = (function, subject)
        if key not in self._kept:
            self._kept[key] = function(self, subject)
        found: T = self._kept[key]
        return found

    def under(self, settings: Settings) -> Study:
        """The same results under other settings."""
        if settings == self.settings:
            return self
        other = Study(self.every, settings)
        other.__dict__["results"] = self.results  # selecting runs does not depend on settings
        return other

    def main_comparison(self) -> Comparison:
        """The first fair comparison of two algorithms or more, on which decisions are made.

        Raises :class:`TooFewError` where there is none, and where every run of it failed: all would
        count as the clip value, and so as equal.
        """
        found = next((c for c in self.comparisons if len(c.curves.algorithms) > 1), None)
        if found is None:
            raise TooFewError(
                f"{self.every.name}: no two algorithms ran on the same problems with reference "
                "losses, so there is nothing to compare; name two in the suite"
            )
        if (found.curves.failed | ~found.curves.present).all():
            raise TooFewError(
                f"{self.every.name}: every run failed, so there is nothing to compare; "
                "`python -m hpobench status FOLDER` shows the errors"
            )
        return found


def whole_study(study: Study) -> list[Whole]:
    return [study.whole]


def each_comparison(study: Study) -> list[Comparison]:
    return study.shown


def each_of_several(study: Study) -> list[Comparison]:
    """Every comparison of two algorithms or more."""
    return [one for one in study.shown if len(one.curves.algorithms) > 1]


def each_of_families(study: Study) -> list[Comparison]:
    """Every comparison of two algorithms or more on enough families of problems to say something
    about others."""
    return [one for one in each_of_several(study) if len(study.families_in(one).names) >= FEWEST]

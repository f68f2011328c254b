"""The report's figures for notebooks: ``hpobench.load(FOLDER).plot.curves()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hpobench.analysis.drawing import draw
from hpobench.analysis.exhibits import (
    DrawnExhibit,
    aggregates,
    anytime_regret,
    critical_difference,
    ecdf,
    heatmap,
    mean_regret,
    parallel_coordinates,
    profile,
    rank,
    win_matrix,
)
from hpobench.analysis.exhibits._room import legible
from hpobench.analysis.study import OneProblem, Study
from hpobench.contract.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Plots:
    """Draws figures of the report; each method returns a matplotlib figure, which notebooks show.

    Methods take any of :class:`hpobench.analysis.settings.Settings` by name, as those of the
    frames do. Where the report has two fair comparisons, ``comparison`` is the title of one of
    them; by default the first is drawn. Raises :class:`UsageError` where too little was run.
    """

    def __init__(self, under: Callable[[dict[str, Any]], Study]) -> None:
        """``under``: the study under some settings."""
        self._under = under

    def curves(
        self, problem: str | None = None, *, comparison: str | None = None, **settings: Any
    ) -> Figure:
        """Mean normalised regret over the budget, or the simple regret on one ``problem``."""
        if problem is None:
            return self._compared(mean_regret, comparison, settings)
        study = self._under(settings)
        return _drawn(anytime_regret, study, _named(study, anytime_regret.problems(study), problem))

    def ranks(self, *, comparison: str | None = None, **settings: Any) -> Figure:
        """Average rank over the budget."""
        return self._compared(rank, comparison, settings)

    def ecdf(self, *, comparison: str | None = None, **settings: Any) -> Figure:
        """The share of targets hit over the budget."""
        return self._compared(ecdf, comparison, settings)

    def profile(self, *, comparison: str | None = None, **settings: Any) -> Figure:
        """The share of runs that end at or below each regret."""
        return self._compared(profile, comparison, settings)

    def critical_difference(self, *, comparison: str | None = None, **settings: Any) -> Figure:
        """Average ranks, and which algorithms tests do not tell apart."""
        return self._compared(critical_difference, comparison, settings)

    def aggregates(self, *, comparison: str | None = None, **settings: Any) -> Figure:
        """Final scores of all runs as one number, in four ways."""
        return self._compared(aggregates, comparison, settings)

    def win_matrix(self, *, comparison: str | None = None, **settings: Any) -> Figure:
        """How likely a run of one algorithm is to end better than a run of another."""
        return self._compared(win_matrix, comparison, settings)

    def heatmap(self, **settings: Any) -> Figure:
        """Final normalised regret of every algorithm on every problem."""
        study = self._under(settings)
        subjects = heatmap.subjects(study)
        if not subjects:
            raise _nothing(heatmap, study)
        return _drawn(heatmap, study, subjects[0])

    def configurations(self, problem: str, **settings: Any) -> Figure:
        """Where the best tenth of all trials on ``problem`` lie in the space."""
        study = self._under(settings)
        subjects = parallel_coordinates.subjects(study)
        return _drawn(parallel_coordinates, study, _named(study, subjects, problem))

    def _compared(
        self, exhibit: DrawnExhibit[Any], title: str | None, settings: dict[str, Any]
    ) -> Figure:
        study = self._under(settings)
        subjects = {one.title: one for one in exhibit.subjects(study)}
        if not subjects:
            raise _nothing(exhibit, study)
        if title is not None and title not in subjects:
            raise UnknownNameError("comparison", title, subjects)
        return _drawn(exhibit, study, subjects[title] if title else next(iter(subjects.values())))


def _named(study: Study, subjects: Sequence[OneProblem], problem: str) -> OneProblem:
    known: Mapping[str, OneProblem] = {one.name: one for one in subjects}
    if problem in known:
        return known[problem]
    if problem in study.problems:
        raise UsageError(f"{problem}: too little was run on it for this figure")
    raise UnknownNameError("problem", problem, study.problems)


def _nothing(exhibit: DrawnExhibit[Any], study: Study) -> UsageError:
    return UsageError(
        f"{study.every.name}: too little was run for the figure {exhibit.TITLE!r}, or no "
        "algorithms ran on the same problems"
    )


def _drawn(exhibit: DrawnExhibit[Any], study: Study, subject: Any) -> Figure:
    from hpobench.analysis.drawing.style import png  # it imports matplotlib

    table, _ = legible(study, study.computed(exhibit.table, subject))
    figure = draw(exhibit.figure(study, subject, table), table)
    # Notebooks show a figure by itself only if pyplot made it; this is what they ask others for.
    vars(figure)["_repr_png_"] = partial(png, figure)
    return figure

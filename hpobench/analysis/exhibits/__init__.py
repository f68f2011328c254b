"""The figures and tables of a report, one file each: the numbers, the caption and the
description of the drawing.

A new figure is a file here that provides what :class:`DrawnExhibit` asks for, and one line in
:data:`FIGURES`, from which the report takes it. Only this file knows the order of the exhibits and
their numbers; whoever refers to an exhibit asks :func:`number_of`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import pandas as pd

from hpobench.analysis.figures import Figure
from hpobench.analysis.study import Study, Subject
from hpobench.analysis.text.fields import Grid, TableEntry

TABS = ("answer", "curves", "problems", "tests", "setup")
"""Of a page: who leads; how fast; on which problems, and with what configurations; how sure that
is; what ran, and what it cost."""

S = TypeVar("S", bound=Subject)
E = TypeVar("E", bound="Frame[Any]")


class Frame(Protocol[S]):
    """Numbers that are saved as a CSV file."""

    STEM: str
    """The name of the file."""

    def subjects(self, study: Study, /) -> Sequence[S]:
        """What there is to show of ``study``: the whole of it, its fair comparisons, problems or
        some runs; nothing where too little was run."""

    def table(self, study: Study, subject: S, /) -> pd.DataFrame:
        """The numbers, as a tidy frame."""


class Exhibit(Frame[S], Protocol):
    """Numbers that stand in a report under a title and with a caption."""

    TITLE: str
    SHOWS: str
    """What is to be seen and how it is read, in one or two short sentences."""
    TAB: str
    """One of :data:`TABS`."""

    def caption(self, study: Study, subject: S, table: pd.DataFrame, /) -> str:
        """How it was made, in whole sentences; what all exhibits have in common is said once
        (:func:`hpobench.analysis.text.phrases.reading`)."""


class DrawnExhibit(Exhibit[S], Protocol):
    """An exhibit that is drawn."""

    def alt(self, subject: S, table: pd.DataFrame, /) -> str:
        """What is to be seen, for those who cannot see it."""

    def figure(self, study: Study, subject: S, table: pd.DataFrame, /) -> Figure:
        """How ``table`` is drawn, on a page and in a file alike."""


class TableExhibit(Exhibit[S], Protocol):
    """An exhibit that is set as a table."""

    def grid(self, table: pd.DataFrame, /) -> Grid:
        """The head and the rows, for readers."""


def modules(*names: str) -> tuple[Any, ...]:
    """The exhibits in the files of these names: by name, for one line then registers a file."""
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


FIGURES: dict[str, tuple[DrawnExhibit[Any], ...]] = {
    "F1": modules("anytime_regret"),
    "F2": modules("mean_regret"),
    "F3": modules("rank"),
    "F4": modules("ecdf"),
    "F5": modules("profile"),
    "F6": modules("critical_difference"),
    "F7": modules("aggregates"),
    "F8": modules("win_matrix"),
    "F9": modules("thinking"),
    "F10": modules("utilisation", "timeline"),
    "F11": modules("efficiency"),
    "F12": modules("survival", "fidelity_correlation"),
    "F13": modules("parallel_coordinates"),
    "F14": modules("heatmap"),
    "F15": modules("interaction"),
    "F16": modules("lineage"),
    "F17": modules("total_time"),
}
TABLES: dict[str, tuple[TableExhibit[Any], ...]] = {
    "T1": modules("final_loss"),
    "T2": modules("speedup"),
    "T3": modules("anytime_score"),
    "T4": modules("cost"),
    "T5": modules("conditions"),
    "T6": modules("family_leaders"),
    "T7": modules("elo"),
    "T8": modules("overtuning"),
    "T9": modules("mixed_model"),
    "T10": modules("starts"),
    "T11": modules("stops"),
}
STANDINGS: tuple[TableExhibit[Any], ...] = modules("standings")
SETTING: tuple[TableExhibit[Any], ...] = modules("conditions", "problem_table")
ORIGINS: tuple[TableExhibit[Any], ...] = modules("runs")
FAILURES: tuple[TableExhibit[Any], ...] = modules("failed_runs")
FILES: tuple[Frame[Any], ...] = modules("critical_pairs")
"""Numbers that are only saved: as a table they would be too long to read."""


def number_of(exhibit: object) -> str:
    """The number of ``exhibit``, ``F2`` say; empty for one without."""
    numbered = {**FIGURES, **TABLES}
    return next((number for number, own in numbered.items() if exhibit in own), "")


def heading(exhibit: Exhibit[S], subject: S) -> str:
    """``F2 Mean normalised regret: all 3 problems``."""
    title = f"{number_of(exhibit)} {exhibit.TITLE}".strip()
    return f"{title}: {subject.name}" if subject.name else title


def shown(study: Study, exhibits: Iterable[E]) -> list[tuple[E, Subject]]:
    """Each of ``exhibits`` with all that it shows of ``study``: first, comparison by comparison,
    those of the comparisons, then those about all runs, then those about one problem."""
    pairs = [(exhibit, subject) for exhibit in exhibits for subject in exhibit.subjects(study)]
    place: dict[Subject, int] = {one: i for i, one in enumerate(study.comparisons)}
    return sorted(pairs, key=lambda pair: (place.get(pair[1], len(place)), bool(pair[1].stem)))


def table_entry(exhibit: TableExhibit[S], study: Study, subject: S, name: str) -> TableEntry:
    """``exhibit`` as a page or LaTeX shows it; ``name`` is the id that others refer to it by."""
    table = study.computed(exhibit.table, subject)
    title, caption = heading(exhibit, subject), exhibit.caption(study, subject, table)
    return TableEntry(name, title, exhibit.SHOWS, caption, *exhibit.grid(table))

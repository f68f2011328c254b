"""A report's exhibits as files, and as what the page shows of them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from hpobench.analysis.charting import Spec, chart
from hpobench.analysis.drawing import processes
from hpobench.analysis.exhibits import (
    DrawnExhibit,
    Frame,
    TableExhibit,
    heading,
    shown,
    table_entry,
)
from hpobench.analysis.exhibits._room import legible
from hpobench.analysis.figures import Figure
from hpobench.analysis.study import Study, Subject
from hpobench.analysis.text.csv_files import Names, csv_bytes, slug
from hpobench.analysis.text.fields import TableEntry
from hpobench.analysis.text.phrases import reading
from hpobench.contract.files import (
    TEMPORARY,
    is_regular,
    own_folder,
    place_for,
    remove_files,
    write_whole,
)
from hpobench.reporting.packed import packed

S = TypeVar("S", bound=Subject)


@dataclass(frozen=True)
class ChartEntry:
    """A chart with what stands around it."""

    id: str
    title: str
    shows: str
    caption: str
    alt: str
    spec: Spec


@dataclass(frozen=True)
class PageEntry:
    """One exhibit where it stands on the page."""

    tab: str
    comparison: int | None
    """Which of the fair comparisons it is about, from 0; ``None`` for what is about all runs."""
    rows: str
    """The table behind it, as :func:`hpobench.reporting.packed.packed`."""
    content: ChartEntry | TableEntry

    @property
    def id(self) -> str:
        return self.content.id


class Files:
    """Writes the tables and figures of one study below ``folder``."""

    def __init__(self, folder: Path, study: Study) -> None:
        self.folder = folder
        self.study = study
        own_folder(folder)
        self._names = Names()
        self._stems: dict[tuple[str, str, int | None], str] = {}
        self._kept: set[Path] = set()
        # Without a page of ours, files that lie there are somebody else's.
        self._again = is_regular(folder / "index.html")

    def charts(self, exhibits: Iterable[DrawnExhibit[Any]]) -> list[PageEntry]:
        """Save the tables of all that ``exhibits`` show, and say how they are drawn."""
        entries = []
        for exhibit, subject in shown(self.study, exhibits):
            table = self.study.computed(exhibit.table, subject)
            figure, drawn, caption = self._described(exhibit, subject)
            entry = ChartEntry(
                self.frame(exhibit, subject),
                heading(exhibit, subject),
                exhibit.SHOWS,
                caption,
                exhibit.alt(subject, table),
                chart(figure),
            )
            comparison, rows = self._comparison(subject), packed(figure.rows(drawn))
            entries.append(PageEntry(exhibit.TAB, comparison, rows, entry))
        return entries

    def _described(self, exhibit: DrawnExhibit[S], subject: S) -> tuple[Figure, pd.DataFrame, str]:
        """The figure, the rows that there is room for, and the caption."""
        table = self.study.computed(exhibit.table, subject)
        drawn, left_out = legible(self.study, table)
        caption = exhibit.caption(self.study, subject, table) + left_out
        return exhibit.figure(self.study, subject, drawn), drawn, caption

    def tables(self, exhibits: Iterable[TableExhibit[Any]]) -> list[PageEntry]:
        """Save the tables of all that ``exhibits`` show."""
        entries = []
        for exhibit, subject in shown(self.study, exhibits):
            entry = table_entry(exhibit, self.study, subject, self.frame(exhibit, subject))
            rows = packed(self.study.computed(exhibit.table, subject))
            entries.append(PageEntry(exhibit.TAB, self._comparison(subject), rows, entry))
        return entries

    def frame(self, exhibit: Frame[S], subject: S) -> str:
        """Save the numbers of ``exhibit``; returns the name of their file without its ending."""
        name = self._stem(exhibit, subject)
        path = place_for(self.folder, f"tables/{name}.csv")
        write_whole(path, csv_bytes(self.study.computed(exhibit.table, subject)), flush=False)
        self._kept.add(path)
        return name

    def figure(self, exhibit: DrawnExhibit[S], subject: S) -> Future[list[Path]]:
        """Begin to draw one as a PNG and a PDF file for papers, with its caption, below
        ``figures/``."""
        path = place_for(self.folder, f"figures/{self._stem(exhibit, subject)}")
        figure, drawn, caption = self._described(exhibit, subject)
        text = path.with_name(f"{path.name}.caption.txt")
        said = f"{exhibit.SHOWS} {caption} {reading(self.study.settings)}\n"
        write_whole(text, said.encode(), flush=False)
        self._kept |= {text, *(path.with_name(f"{path.name}.{kind}") for kind in ("png", "pdf"))}
        return processes.start(figure, drawn, path)

    def remove_stale(self) -> None:
        """Remove what an earlier report wrote here and this one did not."""
        if not self._again:
            return
        drawn = (f"figures/*.{kind}" for kind in ("png", "pdf", "csv", "caption.txt"))
        left = (f"{place}{TEMPORARY}" for place in ("", "figures/", "tables/"))
        for pattern in (*drawn, "tables/*.csv", *left):
            found = set(self.folder.glob(pattern)) - self._kept
            remove_files(self.folder, (path.relative_to(self.folder) for path in found))

    def _stem(self, exhibit: Frame[S], subject: S) -> str:
        """The name of its files without their endings."""
        # Not by the subject itself: an exhibit may make it anew whenever it is asked.
        key = (exhibit.STEM, subject.stem, self._comparison(subject))
        if key not in self._stems:
            stem = f"{exhibit.STEM}-{subject.stem}" if subject.stem else exhibit.STEM
            self._stems[key] = self._names.free(slug(stem))
        return self._stems[key]

    def _comparison(self, subject: Subject) -> int | None:
        places: dict[Subject, int] = {one: i for i, one in enumerate(self.study.shown)}
        return places.get(subject)

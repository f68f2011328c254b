"""A report's figures and tables as files, and as what the page shows of them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from hpobench.analysis.drawing import processes
from hpobench.analysis.exhibits import Figure, Frame, Table, heading, shown, table_entry
from hpobench.analysis.exhibits._room import legible
from hpobench.analysis.study import Study, Subject
from hpobench.analysis.text.fields import TableEntry
from hpobench.analysis.text.file_names import Names, slug
from hpobench.analysis.text.spreadsheet import csv_bytes
from hpobench.contract.files import TEMPORARY, is_regular, own_folder, read_whole, write_whole

if TYPE_CHECKING:
    from concurrent.futures import Future

S = TypeVar("S", bound=Subject)

CSS_PIXELS = 110
"""Per inch of a figure: its small print reads like the page's own."""


@dataclass(frozen=True)
class FigureEntry:
    id: str
    title: str
    caption: str
    alt: str
    drawn: Future[processes.Drawn]
    links: dict[str, str]
    """Paths beside the page by kind of file."""

    @property
    def png(self) -> str:
        """The image as a data URI, so that the page stands alone."""
        data = read_whole(self.drawn.result().png)
        return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"

    @property
    def width(self) -> int:
        """To show it at, in CSS pixels."""
        return round(self.drawn.result().width * CSS_PIXELS)


class Files:
    """Writes the figures and tables of one study below ``folder``."""

    def __init__(self, folder: Path, study: Study) -> None:
        self.folder = folder
        self.study = study
        own_folder(folder)
        self._names = Names()
        self._kept: set[Path] = set()
        # Without a page of ours, files that lie there are somebody else's.
        self._again = is_regular(folder / "index.html")

    def figure(self, exhibit: Figure[S], subject: S) -> FigureEntry:
        """Save the table that a figure shows and its caption, and begin to draw it."""
        study, table = self.study, self.study.computed(exhibit.table, subject)
        stem = f"{exhibit.STEM}-{subject.stem}" if subject.stem else exhibit.STEM
        path = self.folder / "figures" / self._names.free(slug(stem))
        own_folder(path.parent)
        png, pdf, csv = (path.with_name(f"{path.name}.{kind}") for kind in ("png", "pdf", "csv"))
        self._write(table, csv)
        drawn, left_out = legible(study, table)
        caption = exhibit.caption(study, subject, table) + left_out
        text = path.with_name(f"{path.name}.caption.txt")
        write_whole(text, f"{caption}\n".encode(), flush=False)
        self._kept |= {png, pdf, text}
        return FigureEntry(
            path.name,
            heading(exhibit, subject),
            caption,
            exhibit.alt(subject, table),
            processes.start(exhibit.drawing(study, subject, drawn), path),
            {"CSV": f"figures/{csv.name}", "PDF": f"figures/{pdf.name}"},
        )

    def tables(self, exhibits: Sequence[Table[Any]]) -> list[TableEntry]:
        """Save all that ``exhibits`` show."""
        entries = []
        for exhibit, subject in shown(self.study, exhibits):
            csv = self.frame(exhibit, subject)
            entries.append(table_entry(exhibit, self.study, subject, Path(csv).stem, csv))
        return entries

    def frame(self, exhibit: Frame[S], subject: S) -> str:
        """Save the numbers of ``exhibit``; returns their path beside the page."""
        name = f"{self._names.free(slug(exhibit.STEM))}.csv"
        self._write(self.study.computed(exhibit.table, subject), self.folder / "tables" / name)
        return f"tables/{name}"

    def remove_stale(self) -> None:
        """Remove what an earlier report wrote here and this one did not."""
        if not self._again:
            return
        drawn = (f"figures/*.{kind}" for kind in ("png", "pdf", "csv", "caption.txt"))
        left = (f"{place}{TEMPORARY}" for place in ("", "figures/", "tables/"))
        for pattern in (*drawn, "tables/*.csv", *left):
            for path in self.folder.glob(pattern):
                if is_regular(path) and path not in self._kept:
                    path.unlink()

    def _write(self, table: pd.DataFrame, path: Path) -> None:
        own_folder(path.parent)
        write_whole(path, csv_bytes(table), flush=False)
        self._kept.add(path)

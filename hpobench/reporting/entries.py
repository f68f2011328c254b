"""What a report shows, before it is a page."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hpobench.analysis.drawing import drawing

if TYPE_CHECKING:
    from concurrent.futures import Future

    from matplotlib.figure import Figure


CSS_PIXELS = 110
"""Per inch of a figure: its small print reads like the page's own."""


@dataclass(frozen=True)
class Field:
    """One field of a table."""

    text: str
    detail: str = ""
    """Set smaller after the text: an interval, say."""
    mark: str = ""
    """``*`` or a count of failures, after all else."""
    strong: bool = False
    key: float | str | None = None
    """What to sort by, if not the text."""
    href: str = ""
    """Where the text leads."""
    anchor: str = ""
    """By which others lead here."""


@dataclass(frozen=True)
class TableEntry:
    id: str
    title: str
    caption: str
    columns: list[str]
    rows: list[list[Field]]
    csv: str | None = None
    """Path beside the page."""


@dataclass(frozen=True)
class FigureEntry:
    id: str
    title: str
    caption: str
    alt: str
    drawn: Future[drawing.Drawn]
    links: dict[str, str] = field(default_factory=dict)
    """Paths beside the page by kind of file."""

    @property
    def png(self) -> str:
        """The image as a data URI, so that the page stands alone."""
        data = self.drawn.result().png.read_bytes()
        return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"

    @property
    def width(self) -> int:
        """To show it at, in CSS pixels."""
        return round(self.drawn.result().width * CSS_PIXELS)


class Files:
    """Writes the figures and tables of one report below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = Names()
        self._kept: set[Path] = set()
        # Without a page of ours, files that lie there are somebody else's.
        self._again = (folder / "index.html").is_file()

    def figure(
        self,
        stem: str,
        title: str,
        caption: str,
        alt: str,
        table: pd.DataFrame,
        draw: Callable[[], Figure],
    ) -> FigureEntry:
        """Save the table that a figure shows and its caption, and begin to draw it."""
        path = self.folder / "figures" / self._names.free(slug(stem))
        path.parent.mkdir(parents=True, exist_ok=True)
        png, pdf, csv = (path.with_name(f"{path.name}.{kind}") for kind in ("png", "pdf", "csv"))
        self._write(table, csv)
        text = path.with_name(f"{path.name}.caption.txt")
        text.write_text(caption + "\n", encoding="utf-8", newline="\n")
        self._kept |= {png, pdf, text}
        links = {"CSV": f"figures/{csv.name}", "PDF": f"figures/{pdf.name}"}
        return FigureEntry(path.name, title, caption, alt, drawing.start(draw, path), links)

    def table(self, stem: str, table: pd.DataFrame) -> str:
        """Save ``table``; returns its path beside the page."""
        name = f"{self._names.free(slug(stem))}.csv"
        self._write(table, self.folder / "tables" / name)
        return f"tables/{name}"

    def remove_stale(self) -> None:
        """Remove what an earlier report wrote here and this one did not."""
        if not self._again:
            return
        drawn = (f"figures/*.{kind}" for kind in ("png", "pdf", "csv", "caption.txt"))
        for pattern in (*drawn, "tables/*.csv"):
            for path in self.folder.glob(pattern):
                if path.is_file() and path not in self._kept:
                    path.unlink()

    def _write(self, table: pd.DataFrame, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        self._kept.add(path)


class Names:
    """Hands out file names, none twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, stem: str) -> str:
        """``stem``, numbered when two labels shorten to the same one (or differ in case only,
        which some file systems do not keep apart)."""
        found, n = stem, 1
        while found.lower() in self._taken:
            n += 1
            found = f"{stem}-{n}"
        self._taken.add(found.lower())
        return found


def slug(label: str) -> str:
    """A file name made of ``label``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", label).strip("-")[:100] or "unnamed"

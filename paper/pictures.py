"""Figures of the report, drawn as wide as the paper's text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import FIGURES
from hpobench.analysis.exhibits import Figure as Exhibit
from hpobench.analysis.exhibits._room import legible
from hpobench.analysis.study import Study
from hpobench.analysis.text.spreadsheet import csv_bytes
from hpobench.contract.errors import UnknownNameError, UsageError, writing
from hpobench.contract.files import own_folder, write_whole
from hpobench.paper.study import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 6.45
"""Inches, a little less than the text's: print that is drawn wider would become too small."""


def figure(picture: Picture, name: str, study: Study, folder: Path) -> list[Path]:
    """As :func:`draw`; the folder is made, and errors say of what."""
    with writing("the figure", folder):
        own_folder(folder)
        return draw(picture, name, study, folder)


def draw(picture: Picture, name: str, study: Study, folder: Path) -> list[Path]:
    """Draw the figure ``name`` of the paper and put it into ``folder``: as PNG, PDF, CSV and the
    report's caption; returns these files."""
    exhibit = _exhibit(picture)
    subjects = exhibit.subjects(study)
    if not subjects:
        raise UsageError(
            f"figure {name!r}: too little was run of {picture.part} for {exhibit.TITLE!r}; "
            "`hpobench status` shows what failed"
        )
    table = study.computed(exhibit.table, subjects[0])
    drawn, _ = legible(study, table)
    stem = folder / name
    paths = save(fitted(exhibit.drawing(study, subjects[0], drawn)()), stem)
    caption = exhibit.caption(study, subjects[0], table)
    for kind, data in (("csv", csv_bytes(table)), ("caption.txt", f"{caption}\n".encode())):
        paths.append(stem.with_name(f"{name}.{kind}"))
        write_whole(paths[-1], data)
    return paths


def fitted(figure: Figure) -> Figure:
    """``figure``, laid out anew as wide as the text if it is wider."""
    width, height = figure.get_size_inches()
    figure.set_size_inches(min(width, WIDTH), height)
    return figure


def _exhibit(picture: Picture) -> Exhibit[Any]:
    exhibits = {one.STEM: one for own in FIGURES.values() for one in own}
    if picture.figure not in exhibits:
        raise UnknownNameError("figure of the report", picture.figure, exhibits)
    return exhibits[picture.figure]

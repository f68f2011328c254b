"""Figures of the report, drawn as wide as the paper's text."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpobench.analysis.drawing import draw as made_of
from hpobench.analysis.drawing.style import house_style, save
from hpobench.analysis.exhibits import FIGURES, DrawnExhibit, standings
from hpobench.analysis.exhibits._room import legible
from hpobench.analysis.study import Study
from hpobench.analysis.text.csv_files import csv_bytes
from hpobench.contract.errors import UnknownNameError, UsageError, writing
from hpobench.contract.files import own_folder, write_whole
from hpobench.paper.study import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

WIDTH = 6.45
"""Inches, a little less than the text's: print that is drawn wider would become too small."""
HIGHEST = 5.2
"""Inches that leave room for text on the page."""
MOST = 30
"""How many algorithms have a row of their own in a figure of this height, the first ones."""
NARROW = 0.95
"""The share of a figure's width with which numbers in its fields, and its legend, still fit."""
LEGEND = 15
"""Letters of a legend in an inch."""
LETTERS = 10
"""Of an axis' label in an inch of its panel, which the axis does not fill."""


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
    made = made_of(exhibit.figure(study, subjects[0], drawn), drawn)
    if "algorithm" in drawn and len(made.axes[0].get_yticks()) > MOST:
        first = study.computed(standings.table, study.main_comparison())["algorithm"][:MOST]
        drawn = drawn[drawn["algorithm"].isin(first)]
        made = made_of(exhibit.figure(study, subjects[0], drawn), drawn)
    stem = folder / name
    paths = save(fitted(made, HIGHEST), stem)
    caption = exhibit.caption(study, subjects[0], table)
    for kind, data in (("csv", csv_bytes(table)), ("caption.txt", f"{caption}\n".encode())):
        paths.append(stem.with_name(f"{name}.{kind}"))
        write_whole(paths[-1], data)
    return paths


def fitted(figure: Figure, height: float) -> Figure:
    """``figure``, laid out anew with the print as large as before: as wide as the text if it is
    wider, and at most as high as ``height``, in inches. Fields that become much narrower lose their
    numbers, and their colours say it."""
    from matplotlib.collections import QuadMesh

    before = figure.get_figwidth()
    width, height = min(before, WIDTH), min(figure.get_figheight(), height)
    figure.set_size_inches(width, height)
    narrow = width < NARROW * before
    with house_style():
        for legend in list(figure.legends) if narrow else []:
            _narrow(figure, legend)
        for ax in figure.axes:
            place = ax.get_subplotspec()
            down, across = place.get_gridspec().get_geometry() if place else (1, 1)
            ax.set_xlabel(_lines(ax.get_xlabel(), width / across))
            ax.set_ylabel(_lines(ax.get_ylabel(), height / down))
            ax.set_title(_lines(ax.get_title(loc="left"), width / across), loc="left")
            fields = any(isinstance(one, QuadMesh) for one in ax.collections)
            if fields and narrow:
                for number in list(ax.texts):
                    number.remove()
    return figure


def _narrow(figure: Figure, legend: Legend) -> None:
    """Put the ``legend`` below ``figure`` into as many columns as fit."""
    labels = [text.get_text() for text in legend.get_texts()]
    columns = int(figure.get_figwidth() / (0.5 + max(map(len, labels)) / LEGEND))
    handles = [handle for handle in legend.legend_handles if handle is not None]
    legend.remove()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(max(columns, 1), len(labels))
    )


def _lines(label: str, inches: float) -> str:
    """``label`` in lines that fit beside an axis in a panel of this size."""
    return textwrap.fill(label, max(int(inches * LETTERS), 12), break_long_words=False)


def _exhibit(picture: Picture) -> DrawnExhibit[Any]:
    exhibits = {one.STEM: one for own in FIGURES.values() for one in own}
    if picture.figure not in exhibits:
        raise UnknownNameError("figure of the report", picture.figure, exhibits)
    return exhibits[picture.figure]

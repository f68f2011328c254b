"""From the results of the study to the paper: figures, numbers, PDF."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.references import completed
from hpobench.analysis.drawing.style import save
from hpobench.analysis.numbers import interval, number
from hpobench.analysis.settings import IntArray, Settings
from hpobench.analysis.text.file_names import slug
from hpobench.analysis.text.spreadsheet import csv_bytes
from hpobench.contract.errors import NotAvailableError, StoreError, UsageError, writing
from hpobench.contract.files import is_regular, own_folder, read_text, read_whole, write_whole
from hpobench.paper.claims import Publication, read_publications
from hpobench.paper.curves import figures as published_figures
from hpobench.paper.facts import coverage_text, facts
from hpobench.paper.published import compare
from hpobench.paper.study import Picture, Study
from hpobench.reporting.watching import report_of
from hpobench.store.reader import Results, load_results

SOURCES = ("paper.typ", "references.yml")
KINDS = ("pdf", "png", "csv", "caption.txt")


def figure(study: Study, name: str, results: Mapping[str, Path], folder: Path) -> list[Path]:
    """Draw the figure ``name`` and put it into ``folder``: as PDF, PNG, CSV and its caption.

    ``results``: the folder of each part's results.
    """
    picture = study.figures[name]
    report_of(results[picture.part])
    with writing("the figure", folder):
        return _copied(picture, name, results[picture.part], folder)


def draft(study: Study, results: Mapping[str, Path], folder: Path) -> Path:
    """Draw everything and write ``folder/paper.pdf``; returns it.

    Publications whose part has no results are left out, and the paper says so.
    """
    for part in dict.fromkeys(results.values()):
        report_of(part)
    with writing("the paper", folder):
        return _drafted(study, results, folder)


def _drafted(study: Study, results: Mapping[str, Path], folder: Path) -> Path:
    for name, picture in study.figures.items():
        _copied(picture, name, results[picture.part], folder / "figures")
    publications = read_publications(study.folder / "published")
    shown = {name: one for name, one in publications.items() if _part(one, study) in results}
    articles = [
        _publication(name, one, results[_part(one, study)], folder / "figures")
        for name, one in shown.items()
    ]
    data = {
        "parts": {part: facts(load_results(place)) for part, place in results.items()},
        "figures": {name: _caption(folder / "figures" / name) for name in study.figures},
        "published": _each_figure_once(articles, folder / "figures"),
        "left_out": [one.source for name, one in publications.items() if name not in shown],
    }
    write_whole(folder / "data.json", json.dumps(data, indent=1).encode())
    for source in SOURCES:
        write_whole(folder / source, read_whole(study.folder / source))
    return _compiled(folder)


def _copied(picture: Picture, name: str, results: Path, folder: Path) -> list[Path]:
    own_folder(folder)
    copies = []
    for kind in KINDS:
        drawn = results / "report" / "figures" / f"{picture.figure}.{kind}"
        if not is_regular(drawn):
            raise UsageError(
                f"figure {name!r}: the report of {picture.part} has no {drawn.name}; it has "
                f"{', '.join(sorted(path.stem for path in drawn.parent.glob('*.pdf')))}"
            )
        copies.append(folder / f"{name}.{kind}")
        write_whole(copies[-1], read_whole(drawn))
    return copies


def _caption(stem: Path) -> str:
    return read_text(stem.with_name(f"{stem.name}.caption.txt")).strip()


def _part(publication: Publication, study: Study) -> str:
    """The part whose suite the publication is compared with."""
    suite = f"suites/{publication.suite}.yaml"
    return next(name for name, part in study.parts.items() if part.suite == suite)


def _publication(
    name: str, publication: Publication, results: Path, folder: Path
) -> dict[str, Any]:
    loaded, settings = completed(load_results(results)), Settings()
    table = compare(publication, loaded, settings)
    pictures = []
    for drawn in published_figures(publication, loaded, settings):
        stem = slug(f"{name}-{drawn.problem}")
        save(drawn.figure, folder / stem)
        write_whole(folder / f"{stem}.csv", csv_bytes(drawn.table))
        pictures.append({"file": f"{stem}.pdf", "caption": drawn.caption})
    return {
        "name": name,
        "source": publication.source,
        "measured": publication.measured.strip(),
        "coverage": coverage_text(_fewest_seeds(loaded), settings),
        "claims": [_claim(row) for _, row in table.iterrows()],
        "figures": pictures,
    }


def _fewest_seeds(results: Results) -> IntArray:
    """Of one algorithm on one problem, as a claim is about."""
    fewest = results.cells.groupby(["searcher", "scheduler", "problem"])["seed"].nunique().min()
    return np.array([[fewest]])


def _each_figure_once(articles: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Publications may be set beside the same runs, and all that is drawn of them be the same."""
    seen: set[tuple[str, str]] = set()
    found = []
    for article in articles:
        figures = []
        for drawn in article["figures"]:
            table = read_text((folder / drawn["file"]).with_suffix(".csv"))
            if (drawn["caption"], table) not in seen:
                figures.append(drawn)
            seen.add((drawn["caption"], table))
        found.append({**article, "figures": figures})
    return found


def _claim(row: pd.Series) -> dict[str, Any]:
    ours = number(row["ours"]) + interval(row["low"], row["high"], " ")
    return {
        **{key: row[key] for key in ("says", "published", "agrees", "why")},
        "ours": "-" if row["bound"] == "none" else f"{row['bound']} {ours}".strip(),
        "confirmed": bool(row["confirmed"]),
    }


def require_typst() -> None:
    """Raises :class:`NotAvailableError` where the paper cannot be set, before hours are spent."""
    if importlib.util.find_spec("typst") is None:
        raise NotAvailableError(
            "the paper is set by typst; `pip install 'hpobench[paper]'` brings it"
        )


def _compiled(folder: Path) -> Path:
    import typst

    path = folder / "paper.pdf"
    try:
        # Neither the time nor the machine's fonts: the same results give the same bytes.
        made = typst.compile(
            folder / "paper.typ", root=folder, timestamp=0, ignore_system_fonts=True
        )
    except typst.TypstError as error:
        raise StoreError(
            f"{folder / 'paper.typ'}: {error}; these results may lack what the text is about, "
            "`hpobench status` shows what failed"
        ) from error
    write_whole(path, made)
    return path

"""From the results of the study to the paper: figures, text, PDF and LaTeX source."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from hpobench.analysis.drawing.style import save
from hpobench.analysis.settings import SCHEDULER, IntArray, Settings
from hpobench.analysis.study import Study as Analysed
from hpobench.analysis.text.csv_files import csv_bytes, slug
from hpobench.contract.errors import NotAvailableError, StoreError, writing
from hpobench.contract.files import own_folder, read_text, read_whole, write_whole
from hpobench.contract.wording import number
from hpobench.paper import document, sentences, tables
from hpobench.paper.as_latex import latex
from hpobench.paper.as_typst import typst
from hpobench.paper.checklist import checklist
from hpobench.paper.claims import Publication, read_publications
from hpobench.paper.curves import figures as published_figures
from hpobench.paper.document import Document, Table
from hpobench.paper.facts import Facts, coverage_text, some
from hpobench.paper.pictures import draw, fitted
from hpobench.paper.published import compare
from hpobench.paper.study import Study

AUTHOR = "The authors of hpobench"


def draft(
    study: Study, analysed: Mapping[str, Analysed], command: str, folder: Path
) -> tuple[Path, Path]:
    """Draw everything and write ``folder/paper.pdf`` and ``folder/latex/paper.tex``; returns them.

    The folder ``latex`` has all that a venue asks for.

    ``analysed``: the results of each part. ``command``: what makes this paper again. Publications
    whose part has no results are left out, and the paper says so.
    """
    with writing("the paper", folder):
        own_folder(folder / "figures")
        for name, picture in study.figures.items():
            draw(picture, name, analysed[picture.part], folder / "figures")
        parts = {name: Facts(one) for name, one in analysed.items()}
        publications = read_publications(study.folder / "published")
        shown = {name: one for name, one in publications.items() if _part(one, study) in analysed}
        published = [
            _published(name, one, analysed[_part(one, study)], folder / "figures")
            for name, one in shown.items()
        ]
        facts = {
            "study": parts["study"],
            "every": parts["searchers"],
            "published": _each_figure_once(published, folder / "figures"),
            "claims": [how for one in published for how in one["agrees"]],
            "left_out": [one.source for name, one in publications.items() if name not in shown],
            "checklist": _by_topic(parts, command),
        }
        return _written(_text(study, facts), _tables(parts, published), study.folder, folder)


def _tables(parts: Mapping[str, Facts], published: list[dict[str, Any]]) -> dict[str, Table]:
    """The tables by the names that the text has for them."""
    return {
        "problems": tables.problems(parts["study"]),
        "standings": tables.standings(parts["study"]),
        "all": tables.standings(parts["searchers"]),
        **{f"claims-{one['name']}": one["table"] for one in published},
    }


def _text(study: Study, facts: Mapping[str, Any]) -> Document:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        finalize=document.escaped,
        comment_start_string="<!--",  # {# begins a label
        comment_end_string="-->",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.from_string(read_text(study.folder / "text.md"))
    helpers = {"say": sentences, "some": some, "number": number, "baseline_scheduler": SCHEDULER}
    return document.read(template.render(**helpers, **facts))


def _by_topic(parts: Mapping[str, Facts], command: str) -> list[tuple[str, list[Any]]]:
    asked = checklist(parts, command)
    return [(topic, list(own)) for topic, own in groupby(asked, lambda one: one.topic)]


def _part(publication: Publication, study: Study) -> str:
    """The part whose suite the publication is compared with."""
    suite = f"suites/{publication.suite}.yaml"
    return next(name for name, part in study.parts.items() if part.suite == suite)


def _published(
    name: str, publication: Publication, analysed: Analysed, folder: Path
) -> dict[str, Any]:
    results, settings = analysed.every, Settings()
    table = compare(publication, results, settings)
    drawings = []
    for drawn in published_figures(publication, results, settings):
        stem = slug(f"{name}-{drawn.problem}")
        save(fitted(drawn.figure, height=2.7), folder / stem)
        write_whole(folder / f"{stem}.csv", csv_bytes(drawn.table))
        drawings.append({"stem": stem, "problem": drawn.problem, "marked": drawn.marked})
    return {
        "name": name,
        "source": publication.source,
        "measured": publication.measured,
        "coverage": coverage_text(_fewest_seeds(analysed), settings),
        "agrees": list(table["agrees"]),
        "table": tables.claims(table),
        "figures": drawings,
    }


def _fewest_seeds(analysed: Analysed) -> IntArray:
    """Of one algorithm on one problem, as a claim is about."""
    runs = analysed.every.cells.groupby(["searcher", "scheduler", "problem"])
    return np.array([[runs["seed"].nunique().min()]])


def _each_figure_once(published: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Publications may be set beside the same runs, and all that is drawn of them be the same."""
    seen: set[str] = set()
    found = []
    for one in published:
        figures = []
        for drawn in one["figures"]:
            table = read_text((folder / drawn["stem"]).with_suffix(".csv"))
            if drawn["marked"] or table not in seen:
                figures.append(drawn)
            seen.add(table)
        found.append({**one, "figures": figures})
    return found


def require_typst() -> None:
    """Raises :class:`NotAvailableError` where the paper cannot be set, before hours are spent."""
    if importlib.util.find_spec("typst") is None:
        raise NotAvailableError(
            "the paper is set by typst; `pip install 'hpobench[paper]'` brings it"
        )


def _written(
    text: Document, tables: Mapping[str, Table], sources: Path, folder: Path
) -> tuple[Path, Path]:
    submitted = own_folder(folder / "latex")
    for place, kind, made in ((folder, "typ", typst), (submitted, "tex", latex)):
        source = made(text, tables, read_text(sources / f"preamble.{kind}"), AUTHOR)
        write_whole(place / f"paper.{kind}", source.encode())
        write_whole(place / "references.bib", read_whole(sources / "references.bib"))
    own_folder(submitted / "figures")
    for name in text.figures:
        drawn = read_whole(folder / "figures" / f"{name}.pdf")
        write_whole(submitted / "figures" / f"{name}.pdf", drawn)
    return _compiled(folder), submitted / "paper.tex"


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

"""A new figure is one file and one line."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from loky import get_reusable_executor

from hpobench.analysis import exhibits
from tests.support.night import night
from tests.support.results_factory import make_results
from tests.unit.reporting.pages import report, words

FILE = '''
"""How many runs each algorithm has."""

from hpobench.analysis.core.curves import algorithm_columns
from hpobench.analysis.figures import Axis, Choice, Dots

TITLE = "Runs by algorithm"
STEM = "run_counts"
SHOWS = "How many runs there are."
TAB = "setup"


def subjects(study):
    return study.shown


def table(study, comparison):
    curves = comparison.curves
    runs = curves.present.sum(axis=(1, 2))
    counted = {"kind": "all", "estimate": runs, "low": float("nan"), "high": float("nan")}
    return algorithm_columns(curves.algorithms).assign(**counted)


def caption(study, comparison, table):
    return f"The {table['estimate'].sum()} runs of {len(table)} algorithms."


def alt(comparison, table):
    return "A dot for the runs of each algorithm."


def figure(study, comparison, table):
    return Dots(
        styles=study.styles,
        names=tuple(table["algorithm"]),
        x=Axis("Runs", 0, 30),
        choice=Choice("kind", "Runs", (("All", "all"),)),
    )
'''


@night  # it draws a whole report in a copy of the package
def test_a_new_figure_is_one_file_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run_counts.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)
    # Processes that draw may have begun before, without the file's folder on their path.
    get_reusable_executor().shutdown()
    monkeypatch.setitem(exhibits.FIGURES, "F99", (importlib.import_module("run_counts"),))

    page = report(make_results(seeds=2), tmp_path / "report", figures=True)

    assert "F99 Runs by algorithm: all 3 problems" in words(page)
    assert "F99 Runs by algorithm: all 6 algorithms" in words(page)
    figures, tables = (tmp_path / "report" / name for name in ("figures", "tables"))
    caption = (figures / "run_counts.caption.txt").read_text()
    assert caption.startswith("How many runs there are. The 18 runs of 3 algorithms. ")
    assert "How many runs there are." in words(page)
    assert "The 18 runs of 3 algorithms." in words(page)
    assert pd.read_csv(tables / "run_counts.csv")["estimate"].tolist() == [6, 6, 6]
    assert pd.read_csv(tables / "run_counts-2.csv")["estimate"].sum() == 24
    assert page.charts["run_counts"] == "A dot for the runs of each algorithm."
    assert '"title":"Runs"' in page.source
    assert (figures / "run_counts.pdf").read_bytes().startswith(b"%PDF")


FIGURES = [figure for own in exhibits.FIGURES.values() for figure in own]
TABLES = list(
    dict.fromkeys(
        [
            *(table for own in exhibits.TABLES.values() for table in own),
            *(*exhibits.STANDINGS, *exhibits.SETTING, *exhibits.ORIGINS, *exhibits.FAILURES),
        ]
    )
)


def test_every_file_is_registered() -> None:
    files = {file.stem for file in Path(exhibits.__file__).parent.glob("[a-z]*.py")}
    every: list[Any] = [*FIGURES, *TABLES, *exhibits.FILES]
    assert {exhibit.__name__.rpartition(".")[2] for exhibit in every} == files


@pytest.mark.parametrize(
    ("registered", "functions"),
    [
        (FIGURES, {"subjects": 1, "table": 2, "caption": 3, "alt": 2, "figure": 3}),
        (TABLES, {"subjects": 1, "table": 2, "caption": 3, "grid": 1}),
        (exhibits.FILES, {"subjects": 1, "table": 2}),
    ],
    ids=["figures", "tables", "files"],
)
def test_every_exhibit_provides_what_is_asked_of_it(
    registered: Iterable[ModuleType], functions: dict[str, int]
) -> None:
    for exhibit in registered:
        for name, parameters in functions.items():
            found = inspect.signature(getattr(exhibit, name)).parameters
            assert len(found) == parameters, (exhibit.__name__, name)


def test_every_exhibit_has_a_name_and_a_title_of_its_own() -> None:
    every: list[Any] = [*FIGURES, *TABLES]
    assert all(exhibit.SHOWS and exhibit.TAB for exhibit in every)
    assert len({exhibit.STEM for exhibit in (*every, *exhibits.FILES)}) == len(every) + 1
    assert len({exhibit.TITLE for exhibit in every}) == len(every)
    assert [exhibits.number_of(figure) for figure in exhibits.FIGURES["F12"]] == ["F12", "F12"]
    assert exhibits.number_of(exhibits.standings) == ""

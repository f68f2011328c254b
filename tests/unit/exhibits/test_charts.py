"""Every figure in both drawings, made from results."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.text import Text

from hpobench.analysis import figures
from hpobench.analysis.charting import TABLE, Spec, chart
from hpobench.analysis.core.curves import Algorithm, Comparison
from hpobench.analysis.drawing import draw
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import FAILURES, FIGURES, ORIGINS, SETTING, STANDINGS, TABLES, TABS
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from tests.support.curves_factory import curves_of, drawn, made_nr, study_of
from tests.support.results_factory import MadeProblem, make_population, make_results, on_workers
from tests.unit.analysis.test_parallel_coordinates import configured

LONGEST = 170
"""Characters of what a reader sees of a folded exhibit."""
DRAWN = {module.STEM: module for own in FIGURES.values() for module in own}
SHOWN = [
    *DRAWN.values(),
    *(module for own in TABLES.values() for module in own),
    *(*STANDINGS, *SETTING, *ORIGINS, *FAILURES),
]


@cache
def studies() -> list[Study]:
    settings = Settings(repetitions=20, points=10)
    problems = [MadeProblem(f"p{i}", steps=3, budget=200.0) for i in range(5)]
    crossed = make_results(["random", "tpe"], ["fifo", "asha"], problems, seeds=2)
    parts = {n: make_results(["random"], ["fifo"], problems[:1], seeds=2) for n in (1, 2)}
    classes = [json.dumps({"family": name}) for name in crossed.cells["problem"]]
    varied = replace(crossed, cells=crossed.cells.assign(provenance=classes))
    full = configured(make_results(["random"], ["fifo"], [MadeProblem("p", steps=1)], seeds=2))
    made = (crossed, varied, on_workers(parts), full, make_population())
    return [Study(results, settings) for results in made]


def described(stem: str) -> Iterator[tuple[figures.Figure, pd.DataFrame]]:
    """What a figure shows of the studies, and the tables."""
    exhibit: Any = DRAWN[stem]
    for study in studies():
        for subject in exhibit.subjects(study):
            table = study.computed(exhibit.table, subject)
            yield exhibit.figure(study, subject, table), table


def charts(stem: str) -> Iterator[tuple[Spec, list[str]]]:
    """The charts of a figure with the columns that they draw."""
    for figure, table in described(stem):
        yield chart(figure), list(map(str, figure.rows(table).columns))


def titles(part: Any) -> Iterator[str]:
    """The titles of axes and colours, and the labels of choices, that both drawings have."""
    for name, value in vars(part).items():
        if isinstance(value, figures.Axis):
            yield value.title
        elif isinstance(value, figures.Choice) and not isinstance(part, figures.Views):
            yield from (label for label, _ in value.options)
        elif name == "label":
            yield value
        elif name == "lines":
            for lines in value:
                yield from titles(lines)


@pytest.mark.parametrize("stem", DRAWN)
def test_both_drawings_have_the_titles_of_the_description(stem: str) -> None:
    figure, table = next(described(stem))
    assert pickle.loads(pickle.dumps(figure)) == figure  # noqa: S301
    on_page = json.dumps(chart(figure), ensure_ascii=False).lower()
    in_file = "\n".join(text.get_text() for text in draw(figure, table).findobj(Text))
    found = list(titles(figure))
    assert found
    for title in found:
        assert title.lower() in on_page
        assert title in in_file


@pytest.mark.parametrize("stem", DRAWN)
def test_a_file_is_the_same_by_bytes_whatever_its_labels_hold(stem: str, tmp_path: Path) -> None:
    """Warnings are errors in tests: none may come from a label."""
    figure, table = list(described(stem))[-1]
    odd = replace(figure, title="$\\frac$ \u6d4b " + "x" * 60)
    if isinstance(odd, figures.Gantt):
        odd = replace(odd, runs=tuple((cell, "$\\frac$\u6d4b", n) for cell, _, n in odd.runs))
    paths = [save(draw(odd, table), tmp_path / name) for name in "ab"]
    for one, other in zip(*paths, strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("stem", ["win_matrix", "interaction", "heatmap", "critical_difference"])
def test_names_of_algorithms_that_cannot_be_drawn(stem: str, tmp_path: Path) -> None:
    names, schedulers = ["$\\frac$", "\u6d4b", "x" * 60], ["fifo", "$a$"]
    crossed = [Algorithm(f"{n} + {c}", n, c) for n in names for c in schedulers]
    curves = curves_of(made_nr(6, 5, 1), crossed)
    study, subject = study_of(curves, Settings(repetitions=20)), Comparison("Everything", curves)
    save(drawn(DRAWN[stem], study, DRAWN[stem].table(study, subject), subject), tmp_path / "odd")


def parts(spec: Any) -> Iterator[dict[str, Any]]:
    """Every object inside of ``spec``, from outside inwards."""
    if isinstance(spec, dict):
        yield spec
    for inner in spec.values() if isinstance(spec, dict) else spec:
        if isinstance(inner, dict | list | tuple):
            yield from parts(inner)


def named(value: Any) -> Iterator[str]:
    """The columns that the keys of a specification name, and those in its expressions."""
    for part in parts(value):
        for key, found in part.items():
            if key == "field" and isinstance(found, str):
                yield found
            elif key in ("fields", "groupby", "fold", "flatten"):
                yield from (name for name in found if isinstance(name, str))
            elif isinstance(found, str) and "datum." in found and key != "labelExpr":
                yield from re.findall(r"datum\.(\w+)", found)


def made(value: Any) -> set[str]:
    """The columns that transforms make."""
    names: set[str] = set()
    for part in parts(value):
        found = part.get("as", [])
        names |= {found} if isinstance(found, str) else set(found)
        if "fold" in part:
            names |= {"key", "value"} - names
    return names


@pytest.mark.parametrize("stem", DRAWN)
def test_a_chart_names_columns_of_its_table(stem: str) -> None:
    found = list(charts(stem))
    assert found, f"no made results have anything to show of {stem}"
    for spec, columns in found:
        assert spec["data"] == TABLE
        json.dumps(spec, allow_nan=False)
        assert set(named(spec)) - made(spec) <= set(columns)


@pytest.mark.parametrize("stem", DRAWN)
def test_a_chart_has_tooltips_and_letters_of_ten_pixels(stem: str) -> None:
    for spec, _ in charts(stem):
        every = list(parts(spec))
        assert any("tooltip" in part for part in every)
        sizes = [v for part in every for k, v in part.items() if k.lower().endswith("fontsize")]
        assert all(size >= 10 for size in sizes)


@pytest.mark.parametrize("module", SHOWN, ids=lambda module: module.STEM)
def test_what_an_exhibit_shows_is_said_in_short(module: Any) -> None:
    assert 20 < len(module.SHOWS) <= LONGEST
    assert module.SHOWS.endswith(".")
    assert module.TAB in TABS


def test_the_walker_finds_a_column_that_is_not_there() -> None:
    spec = {
        "transform": [{"calculate": "datum.a + datum.gone", "as": "b"}],
        "encoding": {"x": {"field": "b"}, "y": {"field": "away"}},
    }
    assert set(named(spec)) - made(spec) == {"a", "gone", "away"}

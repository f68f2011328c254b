"""What a notebook shows of results: the best configurations, figures, and the standings."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from hpobench.analysis.drawing.style import png
from hpobench.analysis.exhibits import heatmap, rank
from hpobench.analysis.results_frames import Analysis
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.store.read.reader import Results
from tests.support.curves_factory import drawn as drawn_of
from tests.support.frames import tuples
from tests.support.results_factory import SEARCHERS, make_results

FEW: dict[str, Any] = {"repetitions": 20, "points": 10}


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results(seeds=3)


@pytest.fixture(scope="module")
def found(results: Results) -> Analysis:
    return Analysis(results)


def test_the_best_is_that_of_plain_loops(found: Analysis, results: Results) -> None:
    best = found.best().set_index("problem")
    assert list(best.index) == list(results.problems["problem"])
    for problem in tuples(results.problems):
        ends = []
        for cell in tuples(results.cells[results.cells["problem"] == problem.problem]):
            events = results.events[results.events["cell"] == cell.cell]
            for trial, rows in events.groupby("trial"):
                last = rows.iloc[-1]
                ends.append((-last["step"], last["loss"], cell.cell, trial))
        step, loss, name, trial = min(ends)
        row = best.loc[problem.problem]
        sign = 1 if problem.direction == "minimize" else -1
        assert (row["value"], row["step"], row["trial"]) == (sign * loss, -step, trial)
        cell = results.cells.set_index("cell").loc[name]
        for column in ("searcher", "scheduler", "seed", "workers"):
            assert row[column] == cell[column]
        asked = results.trials[results.trials["cell"] == name].set_index("trial")
        assert row["config"] == json.loads(asked.loc[trial, "config"])
        assert np.isnan(row["heldout"]) == (not problem.heldout)


def test_an_accuracy_is_best_where_it_is_highest(found: Analysis) -> None:
    row = found.best().set_index("problem").loc["mlp-vehicle"]
    assert row["direction"] == "maximize"
    assert 0 < row["value"] < 1


def test_without_results_there_is_no_best(results: Results) -> None:
    none = make_results(["random"], ["fifo"], failed=(), seeds=1)
    empty = Analysis(Results(**{**vars(none), "events": none.events.assign(loss=np.nan)})).best()
    assert empty.empty
    assert list(empty.columns) == list(Analysis(results).best().columns)


@pytest.mark.parametrize(
    "name", ["curves", "ranks", "ecdf", "profile", "aggregates", "win_matrix", "heatmap"]
)
def test_each_figure_is_drawn(found: Analysis, name: str) -> None:
    assert isinstance(getattr(found.plot, name)(**FEW), Figure)


def test_figures_are_those_of_the_report_and_show_themselves(found: Analysis) -> None:
    study = found._study.under(found.settings(**FEW))
    comparison = rank.subjects(study)[0]
    drawn = drawn_of(rank, study, rank.table(study, comparison), comparison)
    shown: Any = found.plot.ranks(**FEW)
    assert shown._repr_png_() == png(drawn)
    table = heatmap.table(study, study.whole)
    assert png(found.plot.heatmap(**FEW)) == png(drawn_of(heatmap, study, table, study.whole))


def test_a_problem_and_a_comparison_are_chosen_by_name(found: Analysis) -> None:
    figure = found.plot.curves("branin", **FEW)
    assert "branin" in {text.get_text() for text in figure.findobj(Text)}
    titles = found.standings(**FEW)["comparison"].unique()
    assert len(titles) == 2
    first, second = (png(found.plot.ranks(comparison=title, **FEW)) for title in titles)
    assert first == png(found.plot.ranks(**FEW)) != second


def test_what_cannot_be_drawn_says_why(found: Analysis) -> None:
    with pytest.raises(UnknownNameError, match="did you mean branin"):
        found.plot.curves("brannin")
    with pytest.raises(UnknownNameError, match="unknown comparison 'x'; known: All 3 problems"):
        found.plot.ranks(comparison="x")
    with pytest.raises(UnknownNameError, match="unknown setting 'axes'"):
        found.plot.heatmap(axes="time")
    with pytest.raises(UsageError, match="branin: too little was run on it"):
        found.plot.configurations("branin")
    alone = Analysis(make_results(["random"], ["fifo"], failed=()))
    with pytest.raises(UsageError, match="made: too little was run for the figure 'Average rank'"):
        alone.plot.ranks()


def test_a_notebook_shows_the_standings_with_markup_as_text() -> None:
    names = ["<script>alert(1)</script>", "a&b" + "c" * 90, *SEARCHERS[1:]]
    found = Analysis(make_results(names, ["fifo"], failed=()))
    shown = found._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert f"a&amp;b{'c' * 90}" in shown
    places = [shown.index(f"<td>{name}") for name in ("gp", "tpe")]
    order = list(found.standings()["algorithm"])
    assert (places[0] < places[1]) == (order.index("gp") < order.index("tpe"))

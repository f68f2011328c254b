"""The timeline shows the bars of its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import timeline
from hpobench.analysis.exhibits.timeline import BARS, LINKS, shown_until
from hpobench.analysis.figures import ENDS
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import SomeRuns, Study
from hpobench.store.read.reader import Results
from tests.support.curves_factory import ANY, drawn, study_of
from tests.support.results_factory import MadeProblem, make_population, make_results


def parts(results: Results) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """The table, its runs and their problem."""
    study = Study(results)
    (runs,) = timeline.subjects(study)
    return timeline.table(study, runs), runs.cells, runs.problem


def caption(table: pd.DataFrame, cells: pd.DataFrame, problem: pd.Series) -> str:
    return timeline.caption(study_of(ANY, Settings()), SomeRuns(cells, problem), table)


def draw(table: pd.DataFrame, cells: pd.DataFrame, problem: pd.Series) -> Figure:
    return drawn(timeline, study_of(ANY, Settings()), table, SomeRuns(cells, problem))


def boxes(ax: Axes) -> np.ndarray:
    """(begin, end, middle) of each bar."""
    (bars,) = (c for c in ax.collections if isinstance(c, PolyCollection))
    corners = [np.asarray(path.vertices) for path in bars.get_paths()]
    return np.array(
        [(c[:, 0].min(), c[:, 0].max(), (c[:, 1].min() + c[:, 1].max()) / 2) for c in corners]
    )


def marks(ax: Any) -> dict[str, int]:
    looks = {marker: ended for ended, (marker, _) in ENDS.items()}
    return {looks[x.get_marker()]: len(x.get_xdata()) for x in ax.lines if x.get_marker() in looks}


def links(ax: Axes) -> list[np.ndarray]:
    found = [x for x in ax.lines if x.get_marker() == "None" and x.get_zorder() == 2.5]
    return [np.asarray(x.get_xydata()) for x in found]


def test_a_panel_for_each_scheduler_shows_its_bars(tmp_path: Path) -> None:
    table, cells, problem = parts(make_results(["random"], ["fifo", "asha"], failed=()))
    until = shown_until(table)
    assert until < table["end"].max()
    figure = draw(table, cells, problem)
    *panels, bar = figure.axes
    assert [ax.get_title(loc="left") for ax in panels] == ["fifo", "asha"]
    assert bar.get_ylabel() == "Epoch reached"
    for ax, cell in zip(panels, cells["cell"], strict=True):
        own = table[(table["cell"] == cell) & (table["begin"] < until)]
        np.testing.assert_allclose(boxes(ax), own[["begin", "end", "worker"]].to_numpy(float))
        assert ax.get_xlim() == (0.0, until)
        ended = own[own["end"] <= until]["ended"].value_counts()
        assert {k: n for k, n in marks(ax).items() if n} == {
            k: n for k, n in ended.items() if k != "cut"
        }
    assert len(boxes(panels[1])) == BARS or len(boxes(panels[0])) == BARS
    save(figure, tmp_path / "f10")


def test_colours_follow_the_step_that_was_reached() -> None:
    table, cells, problem = parts(make_results(["random"], ["asha"], failed=()))
    ax = draw(table, cells, problem).axes[0]
    shown = table[table["begin"] < shown_until(table)]
    looks: dict[Any, set[Any]] = {}
    bars: Any
    (bars,) = (c for c in ax.collections if isinstance(c, PolyCollection))
    for colour, step in zip(bars.get_facecolors(), shown["last_step"], strict=True):
        looks.setdefault(step, set()).add(tuple(colour))
    assert len(looks) > 2
    assert all(len(colours) == 1 for colours in looks.values())
    brightness = [sum(looks[step].pop()[:3]) for step in sorted(looks)]
    assert brightness == sorted(brightness, reverse=True)


def clones(figure: Figure) -> int:
    return sum(len(links(ax)) for ax in figure.axes[:-1])


def test_clones_are_linked_where_they_are_few(tmp_path: Path) -> None:
    short = MadeProblem("cnn", steps=8, optimum=0.05, clip=1.0, known=False, budget=600.0)
    few, many = make_population(6, problem=short, interval=2), make_population(20, interval=2)
    table, cells, problem = parts(few)
    linked = table[table["parent"].notna()]
    assert 0 < len(linked) <= LINKS
    figure = draw(table, cells, problem)
    lines = [link for ax in figure.axes[:-1] for link in links(ax)]
    places = linked[["parent_clock", "parent_worker", "begin", "worker"]].to_numpy(float)
    np.testing.assert_allclose(sorted(x.ravel().tolist() for x in lines), sorted(places.tolist()))
    assert "more than 40" not in caption(table, cells, problem)
    save(figure, tmp_path / "few")
    table, cells, problem = parts(many)
    assert clones(draw(table, cells, problem)) == 0
    assert "more than 40 clones have no such lines" in caption(table, cells, problem)


def test_caption() -> None:
    table, cells, problem = parts(make_results(["random"], ["fifo", "asha"], failed=()))
    text = caption(table, cells, problem)
    assert "random under 2 schedulers on counting-ones, all with seed 0" in text
    assert f"no run begins more than {BARS} bars" in text
    assert "at most 6" in text

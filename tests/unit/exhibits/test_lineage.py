from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hpobench.analysis.drawing import draw
from hpobench.analysis.drawing.style import save
from hpobench.analysis.drawing.trial_panels import LINE
from hpobench.analysis.exhibits.lineage import figure, lineage
from hpobench.analysis.looks import ACCENT
from hpobench.analysis.study import SomeRuns, Study
from hpobench.contract.problem import Objective
from tests.support.results_factory import make_population


def table_of(trials: int) -> pd.DataFrame:
    events = make_population(trials, seeds=1).events
    return lineage(events[events["cell"] == "random-pbt-cnn-0"], Objective())


def drawn(table: pd.DataFrame, title: str = "pbt") -> Figure:
    results = make_population(1, seeds=1)
    run = SomeRuns(results.cells, results.problems.iloc[0], title)
    return draw(figure(Study(results), run, table), table)


def numbers(figure: Figure) -> list[str]:
    """The trials named on the right."""
    (ax,) = figure.axes
    return [t.get_text() for t in ax.texts if t.get_transform() is ax.transAxes]


def test_a_line_for_every_stretch_and_a_link_for_every_clone() -> None:
    table = table_of(8)
    (ax,) = drawn(table).axes
    lines = [x for x in ax.lines if x.get_color() == LINE and x.get_transform() is ax.transData]
    assert len(lines) == table["stretch"].nunique()
    for line, (_, rows) in zip(lines, table.groupby("stretch"), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), rows[["step", "value"]])
    links: list[Any] = [x.get_xydata() for x in ax.lines if x.get_markevery() == [0]]
    clones = table[table["parent"].notna()]
    starts = clones[["parent_step", "parent_value"]].to_numpy(float)
    assert len(links) == len(starts) > 3
    np.testing.assert_array_equal([x[0] for x in links], starts)
    np.testing.assert_array_equal([x[1] for x in links], clones[["step", "value"]])
    crosses = next(x for x in ax.lines if x.get_marker() == "x")
    ends = table.drop_duplicates("stretch", keep="last")
    left = ends[ends.duplicated("trial", keep="last")]
    due = sorted(left[["step", "value"]].values.tolist())
    assert sorted(np.asarray(crosses.get_xydata()).tolist()) == due


def test_the_descent_of_the_best_is_one_line_with_the_trials_along_it() -> None:
    table = table_of(8)
    (ax,) = drawn(table).axes
    line, star = (x for x in ax.lines if x.get_color() == ACCENT)
    best = table[table["ancestor"]]
    assert best["stretch"].nunique() > 1
    np.testing.assert_array_equal(line.get_xydata(), best[["step", "value"]])
    np.testing.assert_array_equal(star.get_xydata(), best[["step", "value"]].tail(1))
    badges = [t.get_text() for t in ax.texts if t.get_bbox_patch() is not None]
    assert badges == [str(t) for t in best.drop_duplicates("stretch")["trial"]]


@pytest.mark.parametrize("trials", [4, 8, 20, 24])
def test_every_trial_is_named_and_no_two_names_overlap(trials: int, tmp_path: Path) -> None:
    figure = drawn(table_of(trials))
    save(figure, tmp_path / "f")
    (ax,) = figure.axes
    assert sorted(numbers(figure)) == sorted([*map(str, range(trials)), "trial"])
    texts = [t for t in ax.texts if t.get_transform() is ax.transAxes]
    boxes = sorted((t.get_window_extent() for t in texts), key=lambda box: box.y0)
    assert all(low.y1 < high.y0 for low, high in pairwise(boxes))
    assert boxes[0].y0 > 0
    assert boxes[-1].y1 < figure.bbox.height


def test_more_trials_than_there_is_room_for_have_no_names() -> None:
    assert numbers(drawn(table_of(25))) == []


def test_labels_and_values_that_cannot_be_drawn(tmp_path: Path) -> None:
    """Warnings are errors in tests: none may come from a label, nor from a value."""
    table = table_of(4)
    nothing = table.assign(value=np.nan, parent_value=np.nan, ancestor=False)
    save(drawn(nothing, title="$\\frac$ \u6d4b"), tmp_path / "nothing")
    save(drawn(table.assign(value=0.0, parent_value=0.0)), tmp_path / "level")
    assert (tmp_path / "level.pdf").stat().st_size > 1000

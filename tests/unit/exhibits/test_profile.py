from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hpobench.analysis.core.curves import Curves, comparisons, compute_curves
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import profile
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.support.curves_factory import caption_of, study_of, table_of
from tests.support.curves_factory import drawn as drawn_of
from tests.support.results_factory import hand_made, make_results

SETTINGS = Settings(repetitions=30, points=20)


def drawn(results: Results) -> tuple[Figure, pd.DataFrame, Curves]:
    curves = compute_curves(results, SETTINGS)
    part = comparisons(curves)[-1].curves
    table = table_of(profile, part, SETTINGS, results)
    return drawn_of(profile, study_of(curves, SETTINGS), table), table, part


def test_each_view_is_drawn_as_steps_of_its_rows() -> None:
    figure, table, _ = drawn(make_results(["random", "tpe"], ["fifo"], seeds=2))
    assert len(figure.axes) == 2
    for ax, view in zip(figure.axes, ("performance", "scores"), strict=True):
        own = table[table["view"] == view]
        assert ax.get_ylim() == (-0.02, 1.02)
        assert len(ax.lines) == 2
        for line, (_, rows) in zip(ax.lines, own.groupby("algorithm", sort=False), strict=True):
            assert line.get_drawstyle() == "steps-post"
            np.testing.assert_array_equal(line.get_ydata(), rows["estimate"])
            at = rows["at"] if view == "performance" else 1 / (1 - rows["at"])
            np.testing.assert_array_equal(line.get_xdata(), at)


def test_labelled_scores_are_evenly_spaced() -> None:
    figure, _, _ = drawn(make_results(["random", "tpe"], ["fifo"], seeds=2))
    right = figure.axes[1]
    assert right.get_xscale() == "log"
    assert right.get_xlim() == pytest.approx((1.0, 1e4))
    label = right.xaxis.get_major_formatter()
    assert [label(10**i) for i in range(5)] == ["0", "0.9", "0.99", "0.999", "0.9999"]


def test_many_algorithms_get_a_pair_of_panels_per_scheduler() -> None:
    results = make_results(["a", "b", "c"], ["fifo", "asha", "median"], seeds=2, failed=())
    figure, _, _ = drawn(results)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["fifo", "fifo", "asha", "asha", "median", "median"]
    assert {ax.get_ylim() for ax in figure.axes} == {(-0.02, 1.02)}
    assert all(len(ax.lines) == 9 for ax in figure.axes)


@pytest.mark.parametrize("long", [False, True])
def test_the_legend_fits(long: bool, tmp_path: Path) -> None:
    names = [f"a-searcher-with-a-long-name-{i}" if long else f"s{i}" for i in range(6)]
    figure, _, _ = drawn(make_results(names, ["fifo", "asha"], seeds=2, failed=()))
    save(figure, tmp_path / "f")
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


@pytest.mark.parametrize("loss", [0.0, 0.05, 500.0])
def test_one_algorithm_and_one_seed(loss: float, tmp_path: Path) -> None:
    """Warnings are errors in tests: none for a flat line at 0 or at 1."""
    save(drawn(hand_made({("a", 0): [(1.0, loss)]}))[0], tmp_path / "f")


def test_caption_states_the_target_and_the_failures() -> None:
    _, _, curves = drawn(make_results(["random", "tpe", "gp"], ["fifo"]))
    text = caption_of(profile, curves, SETTINGS)
    assert "3 algorithms over 3 problems and 4 seeds" in text
    assert "a normalised regret of 0.1" in text
    assert "2 failed runs of 36 hit nothing." in text

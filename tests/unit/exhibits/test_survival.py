from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import algorithms_of
from hpobench.analysis.drawing.style import Styles, save
from hpobench.analysis.exhibits import survival
from hpobench.analysis.exhibits.survival import draw, selective
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import ANY, caption_of, table_of_all
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=30)


def made(*schedulers: str) -> tuple[pd.DataFrame, Styles]:
    results = make_results(["a", "b", "c"], schedulers, seeds=2, failed=())
    status = results.trials["status"].astype(object).replace("failed", "cut")
    results = replace(results, trials=results.trials.assign(status=status))
    return table_of_all(survival, results, SETTINGS), Styles(algorithms_of(results.cells))


def test_curves_start_ahead_of_the_first_end_and_reach_full_fidelity() -> None:
    table, styles = made("fifo", "asha")
    (ax,) = draw(table, styles).axes
    assert len(ax.lines) == 3
    assert ax.get_xlim() == (1 / 9 / 1.5, 1.0)
    assert ax.get_ylim() == (-0.02, 1.02)
    for line, name in zip(ax.lines, selective(table), strict=True):
        rows = table[table["algorithm"] == name]
        assert line.get_drawstyle() == "steps-post"
        np.testing.assert_array_equal(line.get_ydata(), rows["estimate"])
        np.testing.assert_array_equal(np.asarray(line.get_xdata())[1:], rows["at"][1:])


def test_no_panel_where_nothing_ends() -> None:
    table, styles = made("fifo", "asha", "median")
    assert styles.faceted
    figure = draw(table, styles)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["asha", "median"]
    text = caption_of(survival, ANY, SETTINGS, table)
    assert "3 algorithms without a trial that ended early (under fifo) are not drawn." in text
    assert "2 at most" in text
    assert "not drawn" not in caption_of(
        survival, ANY, SETTINGS, table[table["scheduler"] != "fifo"]
    )


def test_curves_that_end_before_full_fidelity() -> None:
    table, styles = made("asha")
    short = table[(table["algorithm"] != "a") | (table["at"] < 0.5)]
    (ax,) = draw(short, styles).axes
    assert ax.get_xlim()[1] == 1.0
    (ax,) = draw(table[table["at"] < 0.5], styles).axes
    assert ax.get_xlim()[1] == 1.0


def test_byte_identical_when_redrawn(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(draw(*made("fifo", "asha")), tmp_path / name)
    for kind in ("png", "pdf"):
        one, two = (tmp_path / f"{name}.{kind}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()

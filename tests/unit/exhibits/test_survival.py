from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from hpobench.analysis.exhibits import survival
from hpobench.analysis.exhibits.survival import selective
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import Study
from tests.support.curves_factory import ANY, caption_of, drawn
from tests.support.results_factory import make_results

SETTINGS = Settings(repetitions=30)


def made(*schedulers: str) -> tuple[pd.DataFrame, Study]:
    results = make_results(["a", "b", "c"], schedulers, seeds=2, failed=())
    status = results.trials["status"].astype(object).replace("failed", "cut")
    results = replace(results, trials=results.trials.assign(status=status))
    study = Study(results, SETTINGS)
    return study.computed(survival.table, study.whole), study


def test_curves_start_ahead_of_the_first_end_and_reach_full_fidelity() -> None:
    table, study = made("fifo", "asha")
    (ax,) = drawn(survival, study, table).axes
    assert len(ax.lines) == 3
    assert ax.get_xlim() == (1 / 9 / 1.5, 1.0)
    assert ax.get_ylim() == (-0.02, 1.02)
    for line, name in zip(ax.lines, selective(table), strict=True):
        rows = table[table["algorithm"] == name]
        assert line.get_drawstyle() == "steps-post"
        np.testing.assert_array_equal(line.get_ydata(), rows["estimate"])
        np.testing.assert_array_equal(np.asarray(line.get_xdata())[1:], rows["at"][1:])


def test_no_panel_where_nothing_ends() -> None:
    table, study = made("fifo", "asha", "median")
    assert study.styles.faceted
    figure = drawn(survival, study, table)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["asha", "median"]
    text = caption_of(survival, ANY, SETTINGS, table)
    assert "3 algorithms without a trial that ended early (under fifo) are not drawn." in text
    assert "2 at most" in text
    assert "not drawn" not in caption_of(
        survival, ANY, SETTINGS, table[table["scheduler"] != "fifo"]
    )


def test_curves_that_end_before_full_fidelity() -> None:
    table, study = made("asha")
    (ax,) = drawn(survival, study, table[(table["algorithm"] != "a") | (table["at"] < 0.5)]).axes
    assert ax.get_xlim()[1] == 1.0
    (ax,) = drawn(survival, study, table[table["at"] < 0.5]).axes
    assert ax.get_xlim()[1] == 1.0

"""Parallel efficiency of many algorithms, drawn."""

from __future__ import annotations

from hpobench.analysis.exhibits import efficiency
from tests.support.curves_factory import drawn, study_of
from tests.unit.exhibits.test_efficiency import SETTINGS, made


def test_many_algorithms_get_a_row_for_each_scheduler() -> None:
    table, curves = made(["a", "b", "c"], ["fifo", "asha", "median"])
    figure = drawn(efficiency, study_of(curves, SETTINGS), table)
    assert len(figure.axes) == 9
    assert figure.axes[3].get_title(loc="left") == "asha: To regret 0.1"

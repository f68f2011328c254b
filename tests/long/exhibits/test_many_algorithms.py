"""Parallel efficiency of many algorithms, drawn."""

from __future__ import annotations

from pathlib import Path

from hpobench.analysis.drawing.style import Styles, save
from hpobench.analysis.exhibits.efficiency import draw
from tests.unit.exhibits.test_efficiency import made


def test_many_algorithms_get_a_row_for_each_scheduler(tmp_path: Path) -> None:
    table, curves = made(["a", "b", "c"], ["fifo", "asha", "median"])
    for name in ("one", "two"):
        figure = draw(table, Styles(curves.algorithms))
        assert len(figure.axes) == 9
        assert figure.axes[3].get_title(loc="left") == "asha: To nr 0.1"
        save(figure, tmp_path / name)
    for kind in ("png", "pdf"):
        one, two = (tmp_path / f"{name}.{kind}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()

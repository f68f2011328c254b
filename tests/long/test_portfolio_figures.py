"""What portfolios reach on data sets that they were chosen without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hpobench.plugins.starting.portfolios import SHIPPED, read_portfolio
from hpobench.recording.measuring import members
from hpobench.recording.portfolio_choice import Class, evaluate, make


def test_the_figures_of_lcbench(data_set: Callable[[str], Path]) -> None:
    """With a portfolio that was chosen on the other 34 data sets, after 1, 3, 5 and 10 trials."""
    data_set("lcbench-pool")
    found = Class.of(members("lcbench-pool", {}, ()))
    result = evaluate(found, read_portfolio(SHIPPED / "lcbench-pool.json"))
    assert [round(x, 3) for x in result.portfolio] == [0.249, 0.123, 0.083, 0.071]
    assert [round(x, 3) for x in result.random] == [1.303, 0.644, 0.503, 0.386]


def test_lcbenchs_portfolio_is_made_anew(data_set: Callable[[str], Path], tmp_path: Path) -> None:
    data_set("lcbench-pool")
    file = tmp_path / "lcbench-pool.json"
    make(members("lcbench-pool", {}, ()), file, lambda _: None)
    assert file.read_bytes() == (SHIPPED / file.name).read_bytes()

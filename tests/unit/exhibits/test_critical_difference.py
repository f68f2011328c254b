from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.curves import Algorithm
from hpobench.analysis.exhibits import critical_difference
from hpobench.analysis.inference.rank_tests import rank_tests
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import caption_of, curves_of, drawn, made_nr, study_of

CROSSED = [
    Algorithm(f"searcher-{i} + scheduler-{j}", f"searcher-{i}", f"scheduler-{j}")
    for j in range(6)
    for i in range(7)
]


def members(ax: Any) -> list[list[int]]:
    """The rows of the dots of each bar."""
    return [[int(y) for y in line.get_ydata()] for line in ax.lines if line.get_marker() == "o"]


def test_rows_and_bars_are_those_of_the_table() -> None:
    curves = curves_of(made_nr(6, 20, 3))
    table = rank_tests(curves).ranks
    axes: list[Any] = drawn(critical_difference, study_of(curves, Settings()), table).axes
    ranks, bars = axes[::2], axes[1::2]
    titles = [f"{share} % of the budget" for share in (10, 25, 50, 100)]
    assert [ax.get_title(loc="left") for ax in ranks] == titles
    for left, right, (_, rows) in zip(ranks, bars, table.groupby("share"), strict=True):
        points = [x for x in left.lines if len(x.get_xdata()) == 1]
        assert [x.get_xdata()[0] for x in points] == rows["rank"].tolist()
        groups = [
            np.flatnonzero([str(g) in text.split() for text in rows["groups"]]).tolist()
            for g in sorted({int(g) for text in rows["groups"] for g in text.split()})
        ]
        assert sorted(members(right)) == sorted(groups)
        assert f"N = 20, F = {rows['f'].iloc[0]:.3g}, p < 0.001" in left.get_xlabel()
    assert "a largest group" in caption_of(critical_difference, curves, Settings(), table)


def test_nemenyi_has_its_ruler() -> None:
    curves = curves_of(made_nr(4, 14, 3))
    table = rank_tests(curves, "nemenyi").ranks
    for ax in drawn(critical_difference, study_of(curves, Settings()), table).axes[::2]:
        assert [t.get_text().strip() for t in ax.texts] == ["CD = 1.25"]
        (ruler,) = [line for line in ax.lines if line.get_marker() == "|"]
        assert ruler.get_xdata() == pytest.approx([1, 1 + 1.2535], abs=1e-4)
    assert "Nemenyi" in caption_of(critical_difference, curves, Settings(), table)


def test_a_test_without_hope_says_so() -> None:
    """Of six pairs on seven problems the smallest p is 6 / 64, on eight 6 / 128."""
    few, enough = curves_of(made_nr(4, 7, 2)), curves_of(made_nr(4, 8, 2))
    text = caption_of(critical_difference, few, Settings(), rank_tests(few).ranks)
    assert "With N = 7 it cannot tell any of so many pairs apart" in text
    assert "6 pairs" in text
    ranks = rank_tests(enough).ranks
    assert "cannot tell" not in caption_of(critical_difference, enough, Settings(), ranks)
    ranks = rank_tests(few, "nemenyi").ranks
    assert "cannot tell" not in caption_of(critical_difference, few, Settings(), ranks)

"""F8 and F15: fields, marks and colours are those of the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from hpobench.analysis.core.curves import Algorithm, Curves
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import interaction, win_matrix
from hpobench.analysis.settings import Settings
from hpobench.analysis.text.phrases import short
from tests.support.curves_factory import (
    ANY,
    caption_of,
    curves_of,
    drawn,
    made_nr,
    study_of,
    table_of,
)
from tests.support.frames import tuples

SETTINGS = Settings(repetitions=50)
GRID = [Algorithm(f"s{i} + {c}", f"s{i}", c) for i in range(3) for c in ("fifo", "asha", "pbt")]


def made() -> Curves:
    nr = made_nr(9, 4, 5)
    nr[5] = np.nan  # s1 was not run under pbt
    return curves_of(nr, GRID).select(np.arange(9) != 5, np.ones(4, dtype=bool))


def draw(exhibit: Any, table: pd.DataFrame, curves: Curves = ANY) -> Figure:
    return drawn(exhibit, study_of(curves, SETTINGS), table)


def fields(figure: Figure) -> dict[tuple[int, int], tuple[str, bool]]:
    """By row and column: the number, and whether it is in bold."""
    return {
        (round(t.get_position()[1]), round(t.get_position()[0])): (
            t.get_text(),
            t.get_fontweight() == "bold",
        )
        for t in figure.axes[0].texts
    }


def dots(figure: Figure) -> set[tuple[int, int]]:
    lines: Any = figure.axes[0].lines
    return {(round(x.get_ydata()[0]), round(x.get_xdata()[0])) for x in lines}


def test_the_win_matrix_shows_the_table(tmp_path: Path) -> None:
    table = table_of(win_matrix, made(), SETTINGS)
    figure = draw(win_matrix, table)
    ax = figure.axes[0]
    rows, cols = ([t.get_text() for t in x] for x in (ax.get_yticklabels(), ax.get_xticklabels()))
    assert rows == cols == table["algorithm"].unique().tolist()
    found = fields(figure)
    assert len(found) == len(table) == 56
    clear = set()
    for row in tuples(table):
        place = rows.index(row.algorithm), cols.index(row.other)
        text, bold = found[place]
        assert float(text) == pytest.approx(row.estimate, abs=0.0101)
        assert bold == row.clear
        clear |= {place} if row.clear else set()
    assert dots(figure) == clear
    assert 0 < len(clear) < 56
    image: Any = ax.images[0]
    assert np.allclose(image.to_rgba(0.5)[:3], to_rgb("white"), atol=0.04)
    blue, red = image.to_rgba(0.9), image.to_rgba(0.1)
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    save(figure, tmp_path / "f8")


def test_only_certain_wins_are_whole() -> None:
    nr = np.stack([np.full((300, 2), 0.2), np.full((300, 2), 0.1)])
    found = fields(draw(win_matrix, table_of(win_matrix, curves_of(nr), SETTINGS)))
    assert {text for text, _ in found.values()} == {"1", "0"}
    nr[:, 0] = nr[::-1, 0]
    found = fields(draw(win_matrix, table_of(win_matrix, curves_of(nr), SETTINGS)))
    assert {text for text, _ in found.values()} == {".99", ".01"}


def test_the_interaction_shows_the_table(tmp_path: Path) -> None:
    curves = made()
    table = table_of(interaction, curves, SETTINGS)
    figure = draw(interaction, table, curves)
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["s0", "s1", "s2"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["asha", "pbt"]
    found = fields(figure)
    assert set(found) == {(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)}
    for row in tuples(table):
        place = int(row.searcher[1]), ["asha", "pbt"].index(row.scheduler)
        text, bold = found[place]
        assert float(text.replace("\u2212", "-")) == pytest.approx(row.estimate, rel=0.06, abs=6e-4)
        assert bold == row.clear == (place in dots(figure))
    image: Any = ax.images[0]
    helps = image.to_rgba(-0.1)
    assert helps[2] > helps[0]
    assert np.allclose(image.to_rgba(0.0)[:3], to_rgb("white"), atol=0.04)
    save(figure, tmp_path / "f15")


def test_no_effect_at_all_can_be_drawn(tmp_path: Path) -> None:
    curves = curves_of(np.full((2, 2, 2), 0.5), GRID[:2])
    figure = draw(interaction, table_of(interaction, curves, SETTINGS), curves)
    assert fields(figure) == {(0, 0): ("0", False)}
    save(figure, tmp_path / "none")


def test_captions_follow_curves() -> None:
    curves = made()
    wins = caption_of(win_matrix, curves, Settings())
    effects = caption_of(interaction, curves, Settings())
    assert "8 algorithms over 4 problems and 5 seeds" in wins
    assert "less that under fifo, paired by problem and seed" in effects


def test_numbers_in_the_least_space() -> None:
    expected = ["0", "3e-4", ".012", ".10", ".50"]
    assert [short(x) for x in (0.0, 0.0003, 0.012, 0.0995, 0.5)] == expected

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import fidelity_correlation
from hpobench.analysis.settings import Settings
from tests.support.curves_factory import ANY, caption_of, drawn, study_of

SETTINGS = Settings(repetitions=30)


def made(problems: int, *, steps: int = 9) -> pd.DataFrame:
    step = np.unique(np.geomspace(1, steps, 6).round())
    frames = []
    for i in range(problems):
        rho = np.append(np.linspace(-0.4 + i / problems, 0.996, len(step))[:-1], 1.0)
        name = f"p{i}" + "x" * (i % 7)
        frame = pd.DataFrame({"problem": name, "at": step / steps, "step": step, "estimate": rho})
        frames.append(frame.assign(low=rho - 0.2, high=rho + 0.2, trials=20 + i, selected=i == 1))
    return pd.concat(frames, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    return drawn(fidelity_correlation, study_of(ANY, SETTINGS), table)


def fields(figure: Figure) -> list[Rectangle]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_a_field_from_each_fidelity_to_the_next() -> None:
    table = made(1)
    found = fields(draw(table))
    at = table["at"].to_numpy()
    assert len(found) == len(at) - 1  # at full fidelity there is nothing to tell
    assert [patch.get_x() for patch in found] == pytest.approx(at[:-1])
    assert [patch.get_width() for patch in found] == pytest.approx(np.diff(at))


def test_the_most_faithful_problem_is_on_top_and_survivors_have_an_asterisk() -> None:
    figure = draw(made(3))
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["p2xx", "p1x *", "p0"]
    assert figure.axes[0].yaxis_inverted()
    text = caption_of(fidelity_correlation, ANY, SETTINGS, made(3))
    assert "20 to 22 a problem, of random under fifo" in text
    assert "asterisk" in text
    assert "asterisk" not in caption_of(fidelity_correlation, ANY, SETTINGS, made(1))


def test_numbers_tell_doubt_by_brackets_and_never_round_to_one() -> None:
    expected = ["\u2212.40", "(\u2212.05)", ".30", ".65"]
    assert [t.get_text() for t in draw(made(1)).axes[0].texts] == expected
    near = made(1).assign(estimate=0.999, low=0.9, high=1.0)
    assert {t.get_text() for t in draw(near).axes[0].texts} == {".99"}


def test_what_has_no_number_stays_grey(tmp_path: Path) -> None:
    table = made(2)
    table.loc[0, ["estimate", "low", "high"]] = np.nan
    figure = draw(table)
    assert len(fields(figure)) == len(table) - 3
    save(figure, tmp_path / "f")


def test_a_single_seed(tmp_path: Path) -> None:
    figure = draw(made(2).assign(low=np.nan, high=np.nan))
    assert not any("(" in t.get_text() for t in figure.axes[0].texts)
    save(figure, tmp_path / "f")


def test_many_problems_do_not_overlap(tmp_path: Path) -> None:
    figure = draw(made(35, steps=243))
    save(figure, tmp_path / "f")
    boxes = [t.get_window_extent() for t in figure.axes[0].get_yticklabels()]
    assert all(high.y0 >= low.y1 for high, low in pairwise(boxes))
    assert min(box.x0 for box in boxes) >= 0

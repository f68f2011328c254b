from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import parallel_coordinates
from hpobench.analysis.exhibits.parallel_coordinates import caption
from hpobench.analysis.figures import INACTIVE
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import OneProblem
from hpobench.contract.parameters import Categorical, Float, Int, When
from hpobench.contract.space import Space
from tests.support.curves_factory import ANY, drawn, study_of
from tests.support.present import present

SPACE = Space(
    [
        Float("lr", 1e-5, 0.5, log=True),
        Int("depth", 1, 8),
        Categorical("booster", ("tree", "a linear one of many", 0.123456)),
        Float("drop", 0.0, 1.0, when=When("booster", ("tree",))),
    ]
)


def row_of(space: Space = SPACE, direction: str = "minimize") -> pd.Series:
    text = json.dumps(space.to_json())
    names = {"problem": "p $\\frac$ \u6d4b", "metric": "error", "direction": direction}
    return pd.Series(names | {"space": text})


def made(space: Space = SPACE, best: int = 20, rest: int = 40) -> pd.DataFrame:
    rng = Random(0)
    rows = []
    for line in range(best + rest):
        config = space.sample(rng)
        for p in space:
            setting = config.get(p.name)
            position = np.nan if setting is None else p.to_unit(setting)
            rows.append((line, 9, float(line + 1), line < best, p.name, setting, position))
    columns = ["line", "step", "value", "best", "parameter", "setting", "position"]
    return pd.DataFrame(rows, columns=columns)


def draw(table: pd.DataFrame, row: pd.Series) -> Figure:
    return drawn(parallel_coordinates, study_of(ANY, Settings()), table, OneProblem(row))


def lines(figure: Figure) -> tuple[LineCollection, LineCollection]:
    rest, best = (c for c in figure.axes[0].collections if isinstance(c, LineCollection))
    return rest, best


def test_lines_cross_the_axes_where_the_table_says() -> None:
    table = made()
    rest, best = lines(draw(table, row_of()))
    assert len(rest.get_segments()) == 40
    crossed = best.get_segments()[::-1]  # the best comes last, over all others
    for (_, own), points in zip(table[table["best"]].groupby("line"), crossed, strict=True):
        np.testing.assert_array_equal(points[:, 0], range(4))
        position = own["position"].to_numpy()
        np.testing.assert_allclose(points[:2, 1], position[:2])
        assert abs(points[2, 1] - position[2]) < 0.5 / 3  # within its choice's third
        if np.isnan(position[3]):
            assert points[3, 1] == pytest.approx(INACTIVE, abs=0.026)
        else:
            assert points[3, 1] == position[3]
    assert len({points[2, 1] for points in crossed}) == 20  # no line hides another
    assert present(best.get_array())[-1] == 1.0


def test_axes_have_their_ranges_and_the_names_of_choices() -> None:
    ax = draw(made(), row_of()).axes[0]
    texts = [t.get_text() for t in ax.texts]
    assert texts == ["0.5", "1e-05", "8", "1", "tree", "a linear on\u2026", "0.123", "1", "0"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["lr (log)", "depth", "booster", "drop"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["inactive"]
    plain = Space(SPACE.parameters[:2])
    ax = draw(made(plain), row_of(plain)).axes[0]
    assert not ax.get_yticklabels()
    assert ax.get_ylim()[0] > INACTIVE


def test_dark_is_better_in_either_direction() -> None:
    def darkness(direction: str, table: pd.DataFrame) -> np.ndarray:
        _, best = lines(draw(table, row_of(direction=direction)))
        best.update_scalarmappable()
        colours: np.ndarray = np.asarray(best.get_colors())[:, :3].sum(axis=1)
        return colours

    table = made()
    up = table.assign(value=100.0 - table["value"])
    for shades in (darkness("minimize", table), darkness("maximize", up)):
        assert shades[-1] == shades.min() < shades[0]


def test_captions() -> None:
    table, study = made(), study_of(ANY, Settings())
    text = caption(study, OneProblem(row_of()), table)
    assert "trained for 9 steps" in text
    assert "20 lines" in text
    assert "inactive" in text
    assert "same choice" in text
    assert "Kolmogorov" not in text
    text = caption(study, OneProblem(row_of()), table[table["parameter"].isin(["lr", "depth"])])
    assert "Of 4 parameters those 2 are shown in which" in text
    assert "inactive" not in text
    assert "same choice" not in text


def test_equal_values_and_nothing_but_the_best(tmp_path: Path) -> None:
    """Warnings are errors in tests."""
    save(draw(made(rest=0).assign(value=0.0), row_of()), tmp_path / "equal")
    save(draw(made(best=1), row_of(direction="maximize")), tmp_path / "one")


def test_many_choices_with_some_names() -> None:
    space = Space([Float("x", 0, 1), Categorical("c", tuple(range(30)))])
    ax = draw(made(space), row_of(space)).axes[0]
    assert [t.get_text() for t in ax.texts[2:]] == [str(i) for i in range(0, 30, 3)]

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hpobench.analysis.core.curves import Algorithm, Comparison, Curves, comparisons, compute_curves
from hpobench.analysis.drawing.style import LONGEST, drawable, power_of_ten, save
from hpobench.analysis.exhibits import anytime_regret, heatmap, mean_regret, rank
from hpobench.analysis.looks import MARKERS, PALETTE, Styles
from hpobench.analysis.settings import Settings
from hpobench.analysis.study import OneProblem, Study
from hpobench.analysis.text.phrases import reading, share_label
from hpobench.store.read.reader import Results
from tests.support.curves_factory import caption_of, drawn, study_of, table_of
from tests.support.results_factory import make_results
from tests.unit.exhibits import test_lineage

SETTINGS = Settings(repetitions=50, points=20)


def crossed(searchers: int, schedulers: int) -> list[Algorithm]:
    pairs = ((f"s{i}", f"c{j}") for i in range(searchers) for j in range(schedulers))
    return [Algorithm(f"{s} + {c}", s, c) for s, c in pairs]


def test_a_searcher_keeps_its_colour_under_every_scheduler() -> None:
    styles = Styles(tuple(crossed(6, 3)))
    for a, look in {a: styles.look(a) for a in styles.algorithms}.items():
        assert look.color == PALETTE[int(a.searcher[1:])]
    assert styles.faceted


@pytest.mark.parametrize(("searchers", "schedulers"), [(1, 5), (2, 3), (4, 2), (8, 1), (20, 1)])
def test_no_two_curves_of_a_panel_look_the_same(searchers: int, schedulers: int) -> None:
    styles = Styles(tuple(crossed(searchers, schedulers)))
    looks = [styles.look(a) for a in styles.algorithms]
    assert len(set(looks)) == len(looks)
    assert not styles.faceted


def test_the_palette_is_told_apart_under_colour_blindness() -> None:
    """Machado's matrices for complete protanopia and deuteranopia; distances in linear RGB."""
    matrices = (
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    )
    colours = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in PALETTE])
    for matrix in (np.eye(3), *map(np.array, matrices)):
        seen = np.clip(colours**2.2 @ matrix.T, 0, 1) ** (1 / 2.2)
        distance = np.linalg.norm(seen[:, None] - seen, axis=2) + np.eye(len(PALETTE))
        assert distance.min() > 0.1
    assert len(set(MARKERS)) == len(PALETTE)  # hue is never the only difference


def drawn_of(exhibit: Any, curves: Curves, settings: Settings = SETTINGS) -> Figure:
    study, comparison = study_of(curves, settings), Comparison("Everything", curves)
    return drawn(exhibit, study, exhibit.table(study, comparison), comparison)


def regrets_of(results: Results, name: str, settings: Settings) -> tuple[Study, OneProblem]:
    study = Study(results, settings)
    return study, study.problems[name]


def draw_all(folder: Path) -> None:
    results = make_results(seeds=2)
    curves = compute_curves(results, SETTINGS)
    part = comparisons(curves)[1].curves
    study, branin = regrets_of(results, "branin", SETTINGS)
    save(drawn(anytime_regret, study, anytime_regret.table(study, branin), branin), folder / "f1")
    save(drawn_of(mean_regret, part), folder / "f2")
    save(drawn_of(rank, part), folder / "f3")
    save(drawn_of(heatmap, curves), folder / "f14")
    save(test_lineage.drawn(test_lineage.table_of(8)), folder / "f16")


def test_curves_are_steps_of_the_table() -> None:
    study, branin = regrets_of(make_results(seeds=2), "branin", SETTINGS)
    table = anytime_regret.table(study, branin)
    ax: Any = drawn(anytime_regret, study, table, branin).axes[0]
    lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert len(lines) == 3
    for line, (_, rows) in zip(lines, table.groupby("algorithm", sort=False), strict=True):
        assert line.get_drawstyle() == "steps-post"
        np.testing.assert_array_equal(line.get_ydata(), rows["estimate"])


def test_many_algorithms_get_a_panel_per_scheduler() -> None:
    results = make_results(["a", "b", "c"], ["fifo", "asha", "median"], seeds=2, failed=())
    part = comparisons(compute_curves(results, SETTINGS))[1].curves
    figure = drawn_of(mean_regret, part)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["fifo", "asha", "median"]
    for ax in figure.axes:
        assert len(ax.lines) == 9  # three of its own, six in grey
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["a", "b", "c"]


def test_captions_follow_the_settings() -> None:
    results = make_results()
    part = comparisons(compute_curves(results, Settings()))[0].curves
    text = caption_of(mean_regret, part, Settings(), table_of(mean_regret, part, SETTINGS))
    assert "3 algorithms, mean over 3 problems and 4 seeds" in text
    assert "2 failed runs of 36" in text
    own: Any = {"axis": "resource", "fidelity": "full", "resample_problems": True}
    other = Settings(level=0.9, repetitions=99, **own)
    assert share_label(other) == "Resource as a share of the longest run's"
    study, problem = regrets_of(results, "mlp-vehicle", other)
    regret = anytime_regret.table(*regrets_of(results, "mlp-vehicle", SETTINGS))
    text = anytime_regret.caption(study, problem, regret)
    assert "best value on record" in text
    assert "Here seeds alone are resampled." in text
    assert "leaves at the bottom" not in text
    reached = regret.assign(estimate=1e-8)
    known = OneProblem(pd.Series({**problem.row, "known": True}))
    text = anytime_regret.caption(study, known, reached)
    assert "from the known optimum" in text
    assert "leaves at the bottom has reached the optimum" in text


def test_reading_follows_the_settings() -> None:
    text = reading(Settings())
    assert "95% percentile bootstrap intervals (2,000 repetitions, seeds resampled within" in text
    assert "any fidelity" in text
    text = reading(Settings(level=0.9, repetitions=99, fidelity="full", resample_problems=True))
    assert "90% percentile bootstrap intervals (99 repetitions, problems and seeds" in text
    assert "full fidelity only" in text


def test_labels_stay_apart_where_the_font_lacks_characters() -> None:
    assert drawable("tpe[k=1] \u00e9 \u03b1") == "tpe[k=1] \u00e9 \u03b1"
    assert drawable("\u6d4b-\U000206a4") == "\\u6d4b-\\U000206a4"


def test_long_labels_are_elided_and_stay_apart() -> None:
    """One of 4,000 characters made figures of 17.5 GB."""
    whole = "tpe[" + "x" * 76
    assert drawable(whole) == whole
    one, other = (f"tpe[{'x' * 2000}{digit}{'y' * 2000}]" for digit in "12")
    assert drawable(one) != drawable(other)
    assert len(drawable(one)) <= LONGEST
    assert len(drawable("\U000206a4" * 70)) <= LONGEST
    assert drawable(one).startswith("tpe[x")
    assert drawable(one).endswith("y]")


def test_decades() -> None:
    expected = ["10⁻⁸", "0.01", "1", "100", "10⁵"]
    assert [power_of_ten(x) for x in (1e-8, 0.01, 1.0, 100.0, 1e5)] == expected

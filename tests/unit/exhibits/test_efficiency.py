"""F11 shows the means of its table."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpobench.analysis.core.budgets import with_most_workers
from hpobench.analysis.core.curves import Curves, comparisons, compute_curves
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import efficiency
from hpobench.analysis.exhibits.efficiency import MEASURES, SPREAD
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.support.curves_factory import caption_of, drawn, study_of, table_of
from tests.support.results_factory import MadeProblem, hand_made, make_results, on_workers

SETTINGS = Settings(repetitions=30, points=4)
COUNTS = (1, 2, 8)
Runs = dict[tuple[str, int], list[tuple[float, float]]]


def made(searchers: Sequence[str], schedulers: Sequence[str]) -> tuple[pd.DataFrame, Curves]:
    results = on_workers(dict.fromkeys(COUNTS, make_results(searchers, schedulers, seeds=2)))
    curves = comparisons(compute_curves(with_most_workers(results), SETTINGS))[-1].curves
    return table_of(efficiency, curves, SETTINGS, results), curves


def test_a_panel_for_each_measure_shows_the_means(tmp_path: Path) -> None:
    table, curves = made(["random", "tpe"], ["fifo", "asha"])
    figure = drawn(efficiency, study_of(curves, SETTINGS), table)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["To regret 0.1", "To regret 0.01", "Evaluations"]
    axes: list[Any] = figure.axes
    for ax, measure in zip(axes, MEASURES, strict=True):
        ideal, useless, *lines = ax.lines
        assert set(ideal.get_ydata()) == {1.0}
        assert useless.get_xydata().tolist() == [[1, 1], [8, 1 / 8]]
        lines = lines[::3]  # the others are the marks on it
        assert len(lines) == len(curves.algorithms) == len(ax.collections) == 4
        for line, bars, name in zip(lines, ax.collections, curves.names, strict=True):
            here = (table["measure"] == measure) & (table["algorithm"] == name)
            own = table[table["problem"].isna() & here]
            np.testing.assert_array_equal(line.get_ydata(), own["estimate"])
            shift = np.log2(line.get_xdata() / np.array(COUNTS))
            np.testing.assert_allclose(shift, shift[0])
            assert abs(shift[0]) < SPREAD / 2
            ends = np.array([path.vertices[:, 1] for path in bars.get_paths()])
            np.testing.assert_array_equal(ends, own[["low", "high"]])
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["1", "2", "4", "8"]
    save(figure, tmp_path / "f11")


def test_means_that_hold_a_bound_are_hollow(tmp_path: Path) -> None:
    """Of two problems one is never hit on two workers."""
    hit = {("a", s): [(1.0 + s, 0.0)] for s in range(2)}
    never = {("a", s): [(1.0, 0.9)] for s in range(2)}
    both = [two_problems(hit, hit), two_problems(hit, never), two_problems(hit, hit)]
    results = on_workers(dict(zip(COUNTS, both, strict=True)))
    curves = compute_curves(with_most_workers(results), SETTINGS)
    table = table_of(efficiency, curves, SETTINGS, results)
    figure = drawn(efficiency, study_of(curves, SETTINGS), table)
    _, full, hollow = figure.axes[0].lines[2:]
    assert np.isnan(full.get_ydata()).tolist() == [False, True, False]
    assert np.isnan(hollow.get_ydata()).tolist() == [True, False, True]
    assert hollow.get_markerfacecolor() == "white"
    save(figure, tmp_path / "hollow")


def two_problems(first: Runs, second: Runs) -> Results:
    one, other = (
        hand_made(runs, problem=MadeProblem(name, steps=1, optimum=0.0, clip=1.0, budget=10.0))
        for runs, name in ((first, "p"), (second, "q"))
    )
    joined: dict[str, Any] = {
        "problems": pd.concat([one.problems, other.problems], ignore_index=True)
    }
    for name in ("cells", "events", "trials"):
        frame = getattr(other, name)
        named = frame.assign(cell=frame["cell"].astype(object) + "-q")
        joined[name] = pd.concat([getattr(one, name), named], ignore_index=True)
    return dataclasses.replace(one, **joined)


def test_targets_that_nobody_hits_can_be_drawn(tmp_path: Path) -> None:
    never = hand_made({("a", s): [(1.0, 0.9)] for s in range(2)})
    results = on_workers({1: never, 2: never})
    curves = compute_curves(with_most_workers(results), SETTINGS)
    table = table_of(efficiency, curves, SETTINGS, results)
    save(drawn(efficiency, study_of(curves, SETTINGS), table), tmp_path / "never")


def test_caption_names_what_it_is_relative_to() -> None:
    table, curves = made(["random", "tpe"], ["fifo", "asha"])
    text = caption_of(efficiency, curves, SETTINGS, table)
    assert "T_1 / (W T_W), here of 4 algorithms on 1, 2, 8 workers" in text
    assert "regrets of 0.1 and 0.01" in text
    text = caption_of(efficiency, curves, SETTINGS, table[table["workers"] > 1])
    assert "2 T_2 / (W T_W)" in text

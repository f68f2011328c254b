from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hpobench.analysis.core.curves import comparisons, compute_curves
from hpobench.analysis.drawing.style import save
from hpobench.analysis.exhibits import ecdf
from hpobench.analysis.looks import Styles
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results
from tests.support.curves_factory import caption_of, study_of, table_of
from tests.support.curves_factory import drawn as drawn_of
from tests.support.results_factory import hand_made, make_results

SETTINGS = Settings(repetitions=30, points=20)


def drawn(results: Results) -> Figure:
    curves = compute_curves(results, SETTINGS)
    part = comparisons(curves)[-1].curves
    study = study_of(part, SETTINGS, results)
    vars(study)["styles"] = Styles(curves.algorithms)
    return drawn_of(ecdf, study, table_of(ecdf, part, SETTINGS, results))


def test_curves_are_steps_of_the_table_between_nothing_and_all() -> None:
    results = make_results(["random", "tpe"], ["fifo"], seeds=2)
    table = table_of(ecdf, compute_curves(results, SETTINGS), SETTINGS, results)
    (ax,) = drawn(results).axes
    assert ax.get_ylim() == (-0.02, 1.02)
    assert len(ax.lines) == 2
    for line, (_, rows) in zip(ax.lines, table.groupby("algorithm", sort=False), strict=True):
        assert line.get_drawstyle() == "steps-post"
        np.testing.assert_array_equal(line.get_xydata(), rows[["at", "estimate"]])


def test_panels_share_the_scale() -> None:
    """The axis of a share is set on one panel and holds for all."""
    figure = drawn(make_results(["a", "b", "c"], ["fifo", "asha", "median"], seeds=2, failed=()))
    assert len(figure.axes) == 3
    assert {ax.get_ylim() for ax in figure.axes} == {(-0.02, 1.02)}


def test_nothing_is_ever_hit(tmp_path: Path) -> None:
    """Warnings are errors in tests."""
    save(drawn(hand_made({("a", 0): [(1.0, 500.0)]})), tmp_path / "nothing")


def test_caption_tells_the_targets() -> None:
    results = make_results()
    curves = compute_curves(results, SETTINGS)
    random = json.dumps({"1": [-0.5, -0.6, -0.7], "1000": [-0.7, -0.8, -0.9]})
    text = caption_of(ecdf, curves, SETTINGS, results=results)
    assert "51 regrets from 100 to 1e-08" in text
    assert "where the optimum is known (2 problems); 13 normalised regrets from 1 to 0.001" in text
    assert "2 failed runs of 60 hit nothing" in text
    assert "random search after" not in text
    others = dataclasses.replace(results, problems=results.problems.assign(random=random))
    text = caption_of(ecdf, curves, SETTINGS, results=others)
    assert "random search after 1, 1,000 full evaluations (frozen) (1 problem)" in text
    assert "13 normalised regrets" not in text

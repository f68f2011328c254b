"""iohinspector and cocopp read our exports, and their own expected running times are ours."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.core.hits import compute_runs, hitting_times
from hpobench.analysis.inference.ert import spending, time_per_hit
from hpobench.analysis.settings import Settings
from hpobench.export import export
from hpobench.store.read.reader import Results, load_results
from tests.ray.export.reading import TARGETS, Row, read
from tests.support.results_factory import make_results

Key = tuple[str, str, int, int]
"""Suite, algorithm, function, dimension."""


def ours(results: Results, keys: dict[str, tuple[str, int, int]]) -> dict[Key, list[float]]:
    """The expected running times to :data:`TARGETS` in evaluations of one step, runs on problems
    with the same of ``keys`` (by problem: suite, function, dimension) taken together."""
    settings = Settings(axis="evaluations")
    curves = compute_curves(results, settings)
    targets = curves.optimum[:, None] + np.array(TARGETS)
    hits = hitting_times(compute_runs(results, settings), curves, targets)
    steps = results.problems.set_index("problem")["steps"]
    spent, hit = spending(hits)
    runs: dict[Key, list[np.ndarray]] = defaultdict(list)
    for a, p, s in np.argwhere(curves.present):
        suite, function, dimension = keys[curves.problems[p]]
        unit = steps[curves.problems[p]]
        key = (suite, curves.algorithms[a].name, function, dimension)
        runs[key].append(np.array([spent[a, p, s] * unit, hit[a, p, s]]))
    return {key: time_per_hit(*np.sum(own, axis=0)).tolist() for key, own in runs.items()}


def compare(rows: list[Row], expected: dict[Key, list[float]], label: dict[str, str]) -> None:
    """Equal for every algorithm, function, dimension and target; ``label``: the algorithm by what
    the tool calls it."""
    got: dict[Key, dict[float, float]] = defaultdict(dict)
    for suite, algorithm, function, dimension, target, ert in rows:
        got[suite, label[algorithm], function, dimension][target] = ert
    assert set(got) == set(expected)
    for key, times in expected.items():
        assert [got[key][t] for t in TARGETS] == pytest.approx(times, rel=1e-12), key


REAL = {
    f"bbob[function={f},dimension={d}{instance}]": ("bbob", f, d)
    for f in (1, 8)
    for d in (2, 5)
    for instance in ("", ",instance=3")
}
REAL |= {"branin": ("others", 5001, 2)}
REAL |= {"mf-hartmann[dimension=3,quality=good]": ("others", 5002, 3)}
ALGORITHMS = [f"{s} + {c}" for s in ("random", "sobol") for c in ("fifo", "asha")]


@pytest.mark.parametrize("kind", ["iohprofiler", "coco"])
def test_real_runs(real: Path, tmp_path: Path, kind: str) -> None:
    results = load_results(real)
    assert not export(results, kind, tmp_path / "out")
    expected = ours(results, REAL)
    times = [t for row in expected.values() for t in row]
    assert any(map(math.isinf, times))
    assert sum(map(math.isfinite, times)) > 100
    shown = ALGORITHMS if kind == "iohprofiler" else [a.replace(" + ", "-") for a in ALGORITHMS]
    rows = read(kind, tmp_path / "out", tmp_path)
    compare(rows, expected, dict(zip(shown, ALGORITHMS, strict=True)))


MADE = [f"{s} + {c}" for s in ("random", "tpe", "gp") for c in ("fifo", "asha")]
"""The algorithms of made results: held-out losses that rise again, a maximised metric, failing
trials, and two failed runs, one without any result."""
KEYS = {"branin": ("others", 5001, 3), "counting-ones": ("others", 5002, 11)}
KEYS["mlp-vehicle"] = ("others", 5003, 11)


def test_cocopp_counts_failed_runs_at_their_length(tmp_path: Path) -> None:
    results = make_results(seeds=3)
    # The run that died before its first evaluation counts as one evaluation long.
    died = results.cells["resource"] == 0
    assert died.sum() == 1
    results.cells.loc[died, "resource"] = 1.0
    export(results, "coco", tmp_path / "out")
    rows = read("coco", tmp_path / "out", tmp_path)
    compare(rows, ours(results, KEYS), {a.replace(" + ", "-"): a for a in MADE})


def test_iohinspector_counts_failed_runs_at_the_longest_one_s(tmp_path: Path) -> None:
    """Its expected running time takes one length for all runs without a hit; where they are
    equally long it is ours."""
    results = make_results(seeds=3)
    longest = results.cells.groupby(["searcher", "scheduler", "problem"])["resource"]
    results.cells["resource"] = longest.transform("max")
    export(results, "iohprofiler", tmp_path / "out")
    rows = read("iohprofiler", tmp_path / "out", tmp_path)
    compare(rows, ours(results, KEYS), {a: a for a in MADE})


def test_losses_below_the_reference_are_solved(tmp_path: Path) -> None:
    results = make_results(["random"], ["fifo"], seeds=2, failed=())
    results.problems["optimum"] = results.problems["clip"] - 1e-9
    for kind in ("coco", "iohprofiler"):
        export(results, kind, tmp_path / kind)
        rows = read(kind, tmp_path / kind, tmp_path)
        assert all(math.isfinite(row[-1]) for row in rows)
        compare(rows, ours(results, KEYS), {"random": "random"})


@pytest.mark.night
def test_cocopp_makes_its_pages_of_other_problems(real: Path, tmp_path: Path) -> None:
    export(load_results(real), "coco", tmp_path / "out")
    pages: Any = read("pages", tmp_path / "out", tmp_path)
    ((drawn,),) = pages
    assert drawn > 4

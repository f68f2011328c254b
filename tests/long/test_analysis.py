"""Results as frames: the same numbers as the report's, and errors that help."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hpobench
from hpobench.analysis.core.curves import compute_curves
from hpobench.analysis.core.hits import compute_runs, hitting_times
from hpobench.analysis.core.normalise import normalised, regrets
from hpobench.analysis.inference.ert import ert
from hpobench.analysis.results_frames import Analysis
from hpobench.analysis.settings import Settings
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.reporting.html import write_report
from hpobench.store.read.reader import Results
from tests.support.command_line import python
from tests.support.results_factory import make_results
from tests.support.stored_results import run_suite

SUITE = """\
name: quick
searchers: [random, sobol]
problems: [branin, {mf-hartmann: {dimension: 3, quality: good}}]
seeds: 2
workers: 1
budget: {evaluations: 3}
"""

QUICK: dict[str, Any] = {"repetitions": 100, "points": 20}


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results()


def test_importing_hpobench_imports_nothing_heavy() -> None:
    code = "import sys, hpobench; hpobench.load; print(*sys.modules)"
    heavy = {"ray", "pandas", "numpy", "pyarrow", "scipy"}
    assert not heavy & set(python("-c", code).stdout.split())


def test_the_docstring_s_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_suite(SUITE, tmp_path / "results" / "quick")
    for name in ("tables", "mine"):
        shutil.copytree(tmp_path / "results" / "quick", tmp_path / "results" / name)
    monkeypatch.chdir(tmp_path)
    (example,) = doctest.DocTestFinder().find(hpobench.load, globs={"hpobench": hpobench})
    assert len(example.examples) == 8
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    assert runner.run(example, out=told.append).failed == 0, "".join(told)


def test_tables_are_the_report_s(results: Results, tmp_path: Path) -> None:
    write_report(results, tmp_path, settings=Settings(**QUICK))
    found = Analysis(results)
    for name in (
        *("final_loss", "speedup", "anytime_score", "standings", "cost", "failures"),
        *("mean_regret", "rank", "aggregates", "win_matrix"),
    ):
        frame = getattr(found, name)(**({} if name in ("cost", "failures") else QUICK))
        parts = [frame]
        if "comparison" in frame:
            parts = [part for _, part in frame.groupby("comparison", sort=False)]
            assert parts[0].pop("comparison").unique().tolist() == ["All 3 problems"]
            assert parts[1].pop("comparison").unique().tolist() == ["All 6 algorithms"]
        for part, suffix in zip(parts, ("", "-2"), strict=False):
            stored = (tmp_path / "tables" / f"{name}{suffix}.csv").read_text()
            assert part.to_csv(index=False, lineterminator="\n") == stored, name


def test_curves_are_every_run_at_every_point(results: Results) -> None:
    frame = Analysis(results).curves(axis="evaluations", points=11)
    curves = compute_curves(results, Settings(axis="evaluations", points=11))
    assert len(frame) == len(results.cells) * 11
    nr, regret = normalised(curves), regrets(curves)
    for cell in results.cells.itertuples():
        own = frame[
            (frame["searcher"] == cell.searcher)
            & (frame["scheduler"] == cell.scheduler)
            & (frame["problem"] == cell.problem)
            & (frame["seed"] == cell.seed)
        ]
        a = curves.names.index(f"{cell.searcher} + {cell.scheduler}")
        p, s = curves.problems.index(cell.problem), curves.seeds.index(cell.seed)
        assert own["share"].tolist() == curves.share.tolist()
        assert own["at"].tolist() == (curves.share * curves.horizon[p]).tolist()
        assert own["loss"].tolist() == curves.loss[a, p, s].tolist()
        assert own["nr"].tolist() == nr[a, p, s].tolist()
        assert own["regret"].tolist() == regret[a, p, s].tolist()
        assert set(own["failed"]) == {cell.status != "done"}


def test_running_times_to_regrets(results: Results) -> None:
    given = [1.0, 0.01]
    frame = Analysis(results).ert(given, axis="evaluations")
    settings = Settings(axis="evaluations")
    curves = compute_curves(results, settings)
    targets = curves.optimum[:, None] + np.array(given)
    hits = hitting_times(compute_runs(results, settings), curves, targets)
    times = ert(hits)
    assert len(frame) == np.count_nonzero(~np.isnan(times)) == 2 * (3 * 3 + 3 * 2)
    for row in frame.itertuples():
        a, p = curves.names.index(row.algorithm), curves.problems.index(row.problem)
        t = int(np.argmin(np.abs(np.array(given) - row.regret)))
        assert row.regret == pytest.approx(given[t])
        assert (row.ert, row.target) == (times[a, p, t], targets[p, t])
        assert row.hits == np.isfinite(hits.at[a, p, :, t]).sum()
        assert row.runs == 4
    # Those of F4: 51 regrets where the optimum is known, else shares of the way to it.
    targets_of = Analysis(results).ert().groupby("problem")["target"].nunique().to_dict()
    assert targets_of == {"branin": 51, "counting-ones": 51, "mlp-vehicle": 13}


def test_settings_are_those_of_the_report_unless_given(results: Results) -> None:
    found = Analysis(results)
    assert found.settings() == Settings(axis="time")
    paid = results.cells.assign(spec='{"budget": {"evaluations": 9}}')
    by_evaluations = Analysis(Results(**{**vars(results), "cells": paid}))
    assert by_evaluations.settings().axis == "evaluations"
    assert by_evaluations.settings(axis="resource", level=0.5) == Settings("resource", level=0.5)
    with pytest.raises(UnknownNameError, match="unknown setting 'axes'; did you mean axis"):
        found.standings(axes="time")
    with pytest.raises(UnknownNameError, match="unknown axis 'tme'; did you mean time"):
        found.curves(axis="tme")
    with pytest.raises(UnknownNameError, match="unknown fidelity 'all'"):
        found.curves(fidelity="all")


def test_problems_without_references_get_the_report_s(results: Results) -> None:
    problems = results.problems.assign(optimum=np.nan, clip=np.nan)
    found = Analysis(Results(**{**vars(results), "problems": problems}))
    assert found.problems["optimum"].notna().all()
    assert found.problems["source"].str.startswith("not frozen").all()


def test_no_fair_average(results: Results) -> None:
    pairs = [("random", "branin"), ("tpe", "counting-ones")]
    cells = results.cells[["searcher", "problem"]].apply(tuple, axis=1)
    found = Analysis(results.select(cells.isin(pairs)))
    with pytest.raises(UsageError, match="so no average is fair"):
        found.standings()
    assert found.final_loss(**QUICK)["problem"].nunique() == 2


def test_paths_that_hold_no_results(tmp_path: Path) -> None:
    run_suite(SUITE, tmp_path / "results" / "quick")
    (tmp_path / "results" / "quick" / "report").mkdir()
    for path, told in (
        ("resluts/quick", "no such folder"),
        ("results", "holds the results of several runs; name one: quick"),
        ("results/quick/report", f"a part of results; name {tmp_path}/results/quick"),
        ("results/quick/cells.parquet", "not a folder; name the one that holds plan.json"),
        (".", "not a results folder"),
    ):
        with pytest.raises(UsageError, match=told):
            hpobench.load(tmp_path / path)
    found = hpobench.load(str(tmp_path / "results" / "quick"))
    assert repr(found) == f"<results of quick: 8 runs, {len(found.events)} results>"
    assert (found.trials["cell"].isin(found.cells["cell"])).all()

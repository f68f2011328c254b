"""From runs to the archive of evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import hpobench
from hpobench.evidence.archive import BUDGETS, RUNS, read_archive, regrets_of
from hpobench.evidence.distilling import distilled
from hpobench.store.format import schema
from tests.ray.faults.commands import finish
from tests.ray.running.small_evidence import BASE

SUITE = {**BASE, "name": "tiny"}

BARE = """
from hpobench.api import Curve, Float, Space, TabulatedProblem


class Bare(TabulatedProblem):
    \"\"\"A problem of which nobody knows any reference losses.\"\"\"

    name = "bare"
    space = Space([Float("x", 0.0, 1.0)])

    def curve(self, config, seed):
        return Curve([config["x"]], [1.0])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(hpobench.run(SUITE, results=tmp_path_factory.mktemp("results"), report=False))


def test_regrets_are_those_of_the_best_results_so_far(folder: Path) -> None:
    archive, results = distilled(folder), hpobench.load(folder)
    assert len(archive.runs) == 8
    regrets, visible = regrets_of(archive.runs), regrets_of(archive.runs, "visible")
    cells = results.cells.set_index(["searcher", "problem", "seed"])["cell"]
    rows = zip(*(archive.runs[key].to_pylist() for key in cells.index.names), strict=True)
    for row, key in enumerate(rows):
        events = results.events[results.events["cell"] == cells[key]]
        problem = results.problems.set_index("problem").loc[key[1]]
        paid = events["resource"].cumsum() / (problem["steps"] * problem["unit"])
        both = [(events["loss"], visible), (events["heldout"], regrets)]
        if not problem["heldout"]:
            assert np.isnan(visible[row]).all()
            both = [(events["loss"], regrets)]
        for losses, found in both:
            for place, budget in enumerate(BUDGETS):
                seen = events["loss"][paid <= budget * (1 + 1e-9)]
                if budget > 6.001:
                    assert np.isnan(found[row, place])
                    continue
                loss = losses[seen.idxmin()] if len(seen) else problem["clip"]
                span = problem["clip"] - problem["optimum"]
                due = np.clip((loss - problem["optimum"]) / span, 0, 1)
                assert found[row, place] == pytest.approx(due, abs=1e-5)


def test_the_facts_are_those_of_the_problems(folder: Path) -> None:
    archive = distilled(folder)
    names = ("branin", "counting-ones[categorical=4,continuous=4]")
    branin, ones = (archive.problems[name] for name in names)
    assert (branin.features.floats, branin.features.steps, branin.heldout) == (2, 1, False)
    assert (ones.features.choices, ones.features.floats, ones.heldout) == (4, 4, True)
    assert ones.family == "counting-ones"
    assert (branin.name, branin.options) == ("branin", {"noise": 0.0})
    assert archive.searchers["even"].library.startswith("scipy ")
    assert (archive.searchers["even"].name, archive.schedulers["fifo"].options) == ("sobol", {})


def test_the_same_runs_have_the_same_content_and_others_another(folder: Path) -> None:
    content = distilled(folder).runs["content"].to_pylist()
    again = hpobench.run(SUITE, results=folder.parent / "again", report=False)
    assert distilled(Path(again)).runs["content"].to_pylist() == content
    other = hpobench.run({**SUITE, "seeds": [2, 3]}, results=folder.parent / "other", report=False)
    assert not set(distilled(Path(other)).runs["content"].to_pylist()) & set(content)


def test_the_command(folder: Path, tmp_path: Path) -> None:
    into = tmp_path / "evidence.parquet"
    told = finish("evidence", "make", folder, "--into", into)
    assert "8 runs of 2 searchers on 2 problems of 2 families" in told
    again = tmp_path / "again.parquet"
    finish("evidence", "make", folder, "--into", again)
    assert again.read_bytes() == into.read_bytes()
    assert len(read_archive(into).runs) == 8


def test_archives_merge(folder: Path, tmp_path: Path) -> None:
    one, two, into = (tmp_path / f"{name}.parquet" for name in ("one", "two", "into"))
    whole = distilled(folder)
    replace(whole, runs=whole.runs.slice(0, 5)).write(one)
    replace(whole, runs=whole.runs.slice(4)).write(two)
    told = finish("merge", one, two, "--into", into)
    assert "8 runs of 2 searchers on 2 problems of 2 families" in told
    assert "1 run was in several archives" in told
    assert into.read_bytes() == whole.to_bytes()
    told = finish("merge", one, folder, "--into", into, code=2)
    assert f"`hpobench evidence make {folder} --into FILE`" in told
    assert "different archives" in finish("merge", one, one, "--into", into, code=2)
    assert "--into FILE" in finish("merge", one, two, code=2)
    assert "is a file" in finish("merge", folder, folder, "--into", one, code=2)
    rows = whole.runs.to_pylist()
    rows[4]["content"] = b"otherone"
    replace(whole, runs=pa.Table.from_pylist(rows[4:], schema=schema.plain(RUNS))).write(two)
    told = finish("merge", one, two, "--into", into, code=2)
    assert "different results of the same cells (1)" in told
    assert into.read_bytes() == whole.to_bytes()
    two.write_bytes(two.read_bytes()[:-9] + b"123456789")
    assert "damaged" in finish("merge", one, two, "--into", into, code=2)


def test_runs_without_references_are_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text(BARE)
    suite = {**SUITE, "problems": ["bare"]}
    results = hpobench.run(suite, results=tmp_path, plugins=[tmp_path / "bare.py"], report=False)
    told = finish("evidence", "make", Path(results), "--into", tmp_path / "x.parquet", code=1)
    assert "no virtual runs on problems with frozen references" in told
    assert not (tmp_path / "x.parquet").exists()

"""Releases of real libraries: built, run beside each other, compared, bisected."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from pathlib import Path

from hpobench.analysis.core.pairing import paired
from hpobench.store.read.reader import load_results
from hpobench.verbs.judge import of_algorithms
from tests.support.command_line import invoke, python

OLD, NEW, NONE = "4.4.2", "4.4.4", "4.4.999"


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    return python("-m", "hpobench", *arguments, "--cpus", "2", cwd=folder, code=code)


def suite(folder: Path, *searchers: object) -> str:
    """A suite of three runs of each searcher, in the file that is returned."""
    text = {"name": "some", "problems": ["branin"], "seeds": 3, "budget": {"evaluations": 30}}
    (folder / "some.yaml").write_text(json.dumps({**text, "searchers": [*searchers]}))
    return "some.yaml"


def test_releases_run_side_by_side_without_missing_ones(tmp_path: Path, environments: Path) -> None:
    file = suite(tmp_path, {"name": "cma", "release": [OLD, NEW, NONE]}, "random")
    done = run(tmp_path, "run", file, "--no-report")
    assert f"cma@{NONE} is not available: there is no release {NONE} of cma" in done.stderr
    cells = load_results(tmp_path / "results/some").cells
    assert set(cells["searcher"]) == {f"cma[release={OLD}]", f"cma[release={NEW}]", "random"}
    assert (cells["status"] == "done").all()
    first = cells[cells["searcher"] == f"cma[release={OLD}]"].iloc[0]
    library = json.loads(first["provenance"])["library"]
    assert library["version"] == library["packages"]["cma"] == OLD
    assert "numpy" in library["packages"]

    assert {f"cma@{OLD}", f"cma@{NEW}"} <= set(invoke("env", "list", "-q").split())
    assert f"cma@{OLD}: was there" in invoke("env", "sync", str(tmp_path / file), code=1)
    facts = json.loads(invoke("list", "searchers", "cma", "--json"))
    assert facts["releases"].endswith(f"built here: {OLD}, {NEW}")
    bisecting = ("bisect", file, "--searcher", "cma", "--any-change", "--good", OLD, "--bad", NEW)
    found = json.loads(run(tmp_path, *bisecting, "--json", code=1).stdout)
    assert found["steps"][0]["text"] == "all 3 pairs of runs are the same, bit by bit"
    assert f"removed cma@{OLD}-" in invoke("env", "clean")


def test_a_release_does_as_the_same_one_in_this_process(tmp_path: Path, environments: Path) -> None:
    release = importlib.metadata.version("optuna")
    default = {"as": "default", "multivariate": None, "constant_liar": None}
    file = suite(
        tmp_path,
        {"name": "optuna-tpe", **default},
        {"name": "optuna-tpe", **default, "as": "same", "release": release},
    )
    run(tmp_path, "run", file, "--no-report")
    assert paired(*of_algorithms(tmp_path / "results/some", "default", "same")).same.all()

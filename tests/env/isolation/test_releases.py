"""Releases of real libraries: built, run beside each other, compared, bisected."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from hpobench.analysis.core.pairing import paired
from hpobench.cli import cli
from hpobench.store.read.reader import load_results
from hpobench.verbs.judge import of_algorithms

OLD, NEW, NONE = "4.4.2", "4.4.4", "4.4.999"


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "hpobench", *arguments, "--cpus", "2"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    return done


def told(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == code, done.output
    return done.output


def suite(folder: Path, *searchers: object) -> str:
    """A suite of three runs of each searcher, in the file that is returned."""
    text = {"name": "some", "problems": ["branin"], "seeds": 3, "budget": {"evaluations": 30}}
    (folder / "some.yaml").write_text(json.dumps({**text, "searchers": [*searchers]}))
    return "some.yaml"


def test_releases_run_beside_each_other_without_those_that_do_not_exist(
    tmp_path: Path, environments: Path
) -> None:
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

    assert {f"cma@{OLD}", f"cma@{NEW}"} <= set(told("env", "list", "-q").split())
    assert f"cma@{OLD}: was there" in told("env", "sync", str(tmp_path / file), code=1)
    facts = json.loads(told("list", "searchers", "cma", "--json"))
    assert facts["releases"].endswith(f"built here: {OLD}, {NEW}")
    bisecting = ("bisect", file, "--searcher", "cma", "--any-change", "--good", OLD, "--bad", NEW)
    found = json.loads(run(tmp_path, *bisecting, "--json", code=1).stdout)
    assert found["steps"][0]["text"] == "all 3 pairs of runs are the same, bit by bit"
    assert f"removed cma@{OLD}-" in told("env", "clean")


def test_a_release_does_what_the_same_release_does_in_this_process(
    tmp_path: Path, environments: Path
) -> None:
    release = importlib.metadata.version("optuna")
    default = {"as": "default", "multivariate": None, "constant_liar": None}
    file = suite(
        tmp_path,
        {"name": "optuna-tpe", **default},
        {"name": "optuna-tpe", **default, "as": "same", "release": release},
    )
    run(tmp_path, "run", file, "--no-report")
    assert paired(*of_algorithms(tmp_path / "results/some", "default", "same")).same.all()

"""A package of someone else's, installed beside hpobench, whose plugins suites use by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpobench.plugins.isolation.environments import run_uv
from hpobench.plugins.isolation.script import read_script
from hpobench.store.read.reader import load_results
from tests import ROOT
from tests.ray.faults.commands import finish
from tests.support.present import present

SEARCHER = """
from hpobench.api import Searcher

from ._corner import corner


class {cls}(Searcher):
    '''Proposes a corner of the space.'''

    name = "{name}"

    def __init__(self, space, *, seed, fidelity, upper: bool = False):
        self.config = corner(space, upper)

    def ask(self, trial):
        return self.config

    def tell(self, trial, step, loss, *, final):
        pass
"""
HEADER = """# /// script
# requires-python = ">=3.11"
# dependencies = []
# ///
"""
CORNER = "def corner(space, upper):\n    return space.from_unit([float(upper)] * len(space))\n"
PROBLEM = """
from hpobench.api import Curve, Float, Space, TabulatedProblem


class Slope(TabulatedProblem):
    '''The sum of two numbers.'''

    name = "slope"
    space = Space([Float("x", 0, 1), Float("y", 0, 1)])

    def curve(self, config, seed):
        return Curve([float(config["x"] + config["y"])], [1.0])

    def reference(self):
        return None
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for sys.path that the package was installed into, from a wheel."""
    project = tmp_path_factory.mktemp("project")
    (package := project / "src" / "corners").mkdir(parents=True)
    version = run_uv("--version").split()[1]
    (project / "pyproject.toml").write_text(
        # The backend that uv has built in, so that nothing is fetched.
        f'[build-system]\nrequires = ["uv_build=={version}"]\nbuild-backend = "uv_build"\n'
        '[project]\nname = "corners"\nversion = "1.2"\n'
        '[project.entry-points."hpobench.algorithms"]\ncorners = "corners"\n'
        '[project.entry-points."hpobench.problems"]\nslope = "corners.problems.slope"\n'
    )
    for path, text in {
        "__init__.py": "",
        "_corner.py": CORNER,
        "near.py": SEARCHER.format(cls="Near", name="near-corner"),
        "alone.py": HEADER + SEARCHER.format(cls="Alone", name="alone-in-a-corner"),
        "problems/slope.py": PROBLEM,
    }.items():
        (file := package / path).parent.mkdir(exist_ok=True)
        file.write_text(text)
    run_uv("lock", "--script", str(package / "alone.py"), "--offline")
    run_uv("build", "--wheel", "--offline", str(project))
    (wheel,) = (project / "dist").glob("*.whl")
    target = tmp_path_factory.mktemp("target")
    run_uv("pip", "install", "--offline", "--no-deps", "--target", str(target), str(wheel))
    assert present(read_script(target / "corners" / "alone.py")).locked
    return target


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs a command in a process that finds the package."""
    path = os.pathsep.join([str(ROOT), str(installed)])
    environments = str(tmp_path / "environments")

    def call(*arguments: object) -> str:
        return finish(*arguments, cwd=tmp_path, PYTHONPATH=path, HPOBENCH_ENVIRONMENTS=environments)

    return call


def test_its_plugins_are_listed(run: Any) -> None:
    rows = [line.split() for line in run("list", "searchers").splitlines()]
    names = {row[0]: row for row in rows if row}
    assert "near-corner" in names
    assert "alone-in-a-corner" in names
    assert any(row[:1] == ["slope"] for row in map(str.split, run("list", "problems").splitlines()))


def test_a_suite_runs_them_by_name(run: Any, tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(
        "name: corners\n"
        "searchers: [near-corner, {name: alone-in-a-corner, as: alone, upper: true}]\n"
        "problems: [slope]\nseeds: 2\nworkers: 2\nbudget: {trials: 3}\n"
    )
    run("run", "suite.yaml", "--results", tmp_path / "results", "--cpus", 1, "--no-report")
    results = load_results(tmp_path / "results" / "corners")
    cells = results.cells.set_index("cell")["searcher"].astype(str)
    losses = results.events["loss"].groupby(results.events["cell"].map(cells).astype(str))
    assert {name: set(group) for name, group in losses} == {"near-corner": {0.0}, "alone": {2.0}}
    assert losses.size().tolist() == [6, 6]


def test_its_plugins_can_be_checked_by_name(run: Any, installed: Path) -> None:
    assert f"problem slope ({installed / 'corners' / 'problems' / 'slope.py'})" in run(
        "check", "slope"
    )

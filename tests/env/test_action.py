"""action.yml gates a pull request to a library: a repository made up here, and its two commits."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from hpobench.plugins.isolation.environments import run_uv
from tests import ROOT
from tests.support.github import Ended, Runner
from tests.support.night import night

GOOD = "def propose(rng, count):\n    return [rng.random() for _ in range(count)]\n"
WORSE = "def propose(rng, count):\n    return [0.0] * count\n"
PLUGIN = '''
from random import Random

from hpobench.api import Searcher


class Tiny(Searcher):
    """What the library tinyhpo proposes."""

    name = "tiny"
    library = "tinyhpo"

    def __init__(self, space, *, seed, fidelity):
        self.space, self.rng = space, Random(seed)

    def ask(self, trial):
        from tinyhpo import propose

        return self.space.from_unit(propose(self.rng, len(self.space)))

    def tell(self, trial, step, loss, *, final):
        pass
'''
HEADER = """# /// script
# requires-python = ">=3.11"
# dependencies = ["tinyhpo==1.0"]
# ///
"""
SUITE = """{
name: branin, searchers: [random], schedulers: [fifo], problems: [branin], seeds: 8, workers: 1,
budget: {trials: 8}
}"""


def git(folder: Path, *arguments: str) -> None:
    person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The library, in a commit, with a plugin and a suite for the gate."""
    folder = tmp_path / "workspace" / ".hpobench-gate"  # where the action has it checked out
    version = run_uv("--version").split()[1]
    for path, text in {
        # The backend that uv has built in, so that nothing is fetched.
        "pyproject.toml": f'[build-system]\nrequires = ["uv_build=={version}"]\n'
        'build-backend = "uv_build"\n[project]\nname = "tinyhpo"\nversion = "1.0"\n',
        "src/tinyhpo/__init__.py": GOOD,
        "gate/plugin.py": PLUGIN,
        "gate/isolated.py": HEADER + PLUGIN,
        "gate/suite.yaml": SUITE,
    }.items():
        (file := folder / path).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "init", "--quiet")
    _commit(folder)
    return folder


def _commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A runner whose step that installs hpobench is done: its environment sees this one.

    The library under test goes into it, and nothing into this one.
    """
    temp = tmp_path / "temp"
    environment = temp / "hpobench-gate" / "venv"
    venv.create(environment, with_pip=False)
    purelib = Path(sysconfig.get_path("purelib"))
    below = environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (below / "site-packages" / "tests.pth").write_text(f"{purelib}\n{ROOT}\n")
    command = environment / "bin" / "hpobench"
    command.write_text(
        f"#!{environment / 'bin' / 'python'}\nfrom hpobench.__main__ import main\nmain()\n"
    )
    command.chmod(0o755)
    (environment / "bin" / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    monkeypatch.setenv("HPOBENCH_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return Runner(tmp_path / "workspace", temp)


def _gate(runner: Runner, **inputs: str) -> Ended:
    suite = {"searcher": "tiny", "suite": "gate/suite.yaml", "seeds": "8"}
    return runner.run(ROOT / "action.yml", suite | inputs, leave_out="Install hpobench")


def test_a_change_to_worse_proposals_is_a_regression(runner: Runner, repository: Path) -> None:
    (repository / "src" / "tinyhpo" / "__init__.py").write_text(WORSE)
    _commit(repository)
    ended = _gate(runner, plugin="gate/plugin.py")
    assert ended.code == 1, ended.log
    assert ended.outputs["verdict"] == "regression"
    assert "REGRESSION: " in ended.summary
    assert "| tiny | branin | 8 |" in ended.summary


@night  # by day the action finds a regression
def test_a_change_of_words_passes_with_an_isolated_one(runner: Runner, repository: Path) -> None:
    project = repository / "pyproject.toml"
    project.write_text(project.read_text().replace('"1.0"', '"1.1"'))
    _commit(repository)
    ended = _gate(runner, plugin="gate/isolated.py", base="HEAD~1")
    assert ended.code == 0, ended.log
    assert ended.outputs["verdict"] == "no regression"
    assert "IDENTICAL: all 8 pairs" in ended.summary
    assert "tiny: tinyhpo 1.0 in BASE, tiny: tinyhpo 1.1 in NEW" in ended.summary
    assert Path(ended.outputs["results"], "base", "gate", "cells.parquet").is_file()


def test_a_first_commit_has_nothing_to_be_compared_with(runner: Runner, repository: Path) -> None:
    ended = _gate(runner, plugin="gate/plugin.py")
    assert ended.code == 2
    assert "there is no commit HEAD^1 to compare with; set the input base" in ended.log
    assert not ended.outputs


def test_a_searcher_of_another_library_is_refused(runner: Runner, repository: Path) -> None:
    _commit_again(repository)
    ended = _gate(runner, searcher="optuna-tpe")
    assert ended.code == 2
    assert "::error::optuna-tpe runs with optuna, not with tinyhpo" in ended.log


def _commit_again(folder: Path) -> None:
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Nothing")

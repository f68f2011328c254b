"""What ``hpobench new suite`` writes runs at once, and so does a suite of options alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import hpobench
from hpobench.suites.suite import load_suite
from tests.ray.faults.commands import finish

OPTIONS = (
    *("--searchers", "random,optuna-tpe:multivariate=true", "--problems", "branin"),
    *("--budget", "trials=3", "--workers", "1"),
)


def test_a_new_suite_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    finish("new", "suite", "first-one")
    text = (tmp_path / "first-one.yaml").read_text()
    assert "hpobench run first-one.yaml" in text
    assert "FILE" not in text
    finish("run", "first-one.yaml", "--seeds", "1", "--cpus", "1", "--no-report")
    found = hpobench.load("results/first-one")
    assert len(found.cells) == 2 * 3 + 2 * 2  # branin has no steps at which ASHA could stop
    assert found.failed.empty


def test_options_fill_it_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    finish("new", "suite", "true", *OPTIONS, "--schedulers", "fifo")
    suite = load_suite("true.yaml")
    assert suite.name == "true"
    assert [ref.label for ref in suite.searchers] == ["random", "optuna-tpe[multivariate=true]"]
    assert (suite.workers, len(suite.schedulers)) == ((1,), 1)
    assert suite.budgets["branin"].to_json() == {"trials": 3}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("suite", "tables"), "there is a suite called 'tables' already"),
        (("suite", "there"), "there.yaml exists"),
        (("suite", "new", "--searchers", "rendom"), "--searchers: unknown searcher 'rendom'"),
        (("suite", "new", "--schedulers", "asha", "--problems", "branin"), "nothing is left"),
        (("suite", "new", "--isolated"), "only searchers have environments"),
        (("searcher", "new", "--workers", "3"), "--workers: is for `new suite`"),
        (("suite", "a/b"), "is no name"),
    ],
)
def test_what_is_refused(
    args: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.yaml").touch()
    assert message in finish("new", *args, code=2)
    assert [file.name for file in tmp_path.iterdir()] == ["there.yaml"]


def test_a_suite_of_options_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    finish("run", *OPTIONS, "--seeds", "2", "--cpus", "1", "--no-report")
    assert hpobench.load("results/adhoc").suite["problems"][0]["budget"] == {"trials": 3}
    stored = load_suite(tmp_path / "results" / "adhoc" / "suite.yaml")
    assert [*stored.seeds] == [0, 1]
    assert [ref.label for ref in stored.searchers][1] == "optuna-tpe[multivariate=true]"


def test_added_searchers_run_beside_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = ("run", *OPTIONS, "--seeds", "1", "--cpus", "1", "--no-report")
    finish(*run)
    assert "ran 1 cells" in finish(*run, "--add", "sobol")
    assert set(hpobench.load("results/adhoc").cells["searcher"]) > {"sobol", "random"}
    assert "ran 0 cells" in finish(*run)
    assert len(hpobench.load("results/adhoc").cells) == 2
    finish(*run, "--add", "sobol", "--name", "other")
    assert len(hpobench.load("results/other").cells) == 3

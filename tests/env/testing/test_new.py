"""What ``hpobench new`` writes works at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hpobench.cli import cli
from hpobench.contract.cell import Kind
from hpobench.contract.errors import UsageError
from hpobench.plugins.isolation.remote import end_warm
from hpobench.plugins.registry import Registry
from hpobench.testing import checks
from hpobench.testing.plugin_check import judge
from tests.support.command_line import invoke, python


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the command in an empty folder; returns what it prints."""
    monkeypatch.chdir(tmp_path)

    return partial(invoke, "new")


def failures(file: Path) -> list[Any]:
    results = [judge(check, 60) for check in checks(file, patience=0.5)]
    assert any(result.status == "ok" for result in results)
    return [result.text for result in results if result.status == "failed"]


@pytest.mark.parametrize("kind", ["searcher", "scheduler", "problem"])
def test_a_new_plugin_passes_all_checks(new: Any, tmp_path: Path, kind: Kind) -> None:
    told = new(kind, f"my-{kind}-2")
    file = tmp_path / f"my_{kind}_2.py"
    assert f"hpobench check {file.name}" in told
    assert f"{kind}s: [my-{kind}-2] and plugins: [{file.name}]" in told
    assert Registry([file]).find(kind, f"my-{kind}-2").cls == f"My{kind.capitalize()}2"
    assert failures(file) == []
    python("-m", "ruff", "check", "--isolated", file)


def test_an_isolated_searcher_passes_once_its_environment_is_built(
    new: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPOBENCH_ENVIRONMENTS", str(tmp_path / "environments"))
    assert "hpobench env sync alone.py" in new("searcher", "alone", "--isolated")
    assert Registry(["alone.py"]).find("searcher", "alone").script is not None
    invoke("env", "sync", "alone.py")
    assert failures(Path("alone.py")) == []
    end_warm()  # before its environment goes with the folder


def test_a_file_that_is_there_stays_as_it_is(new: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("precious")
    with pytest.raises(UsageError, match=r"mine\.py exists; it is left as it is"):
        cli(["new", "searcher", "mine"], standalone_mode=False)
    assert (tmp_path / "mine.py").read_text() == "precious"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("searcher", "Mine"), "'Mine' is no name; use lower case"),
        (("searcher", "2nd"), "'2nd' is no name"),
        (("searcher", "../mine"), "is no name"),
        (("searcher", "random"), "there is a searcher called 'random' already"),
        (("problem", "mine", "--isolated"), "only searchers have environments of their own"),
    ],
)
def test_impossible_names(new: Any, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        cli(["new", *arguments], standalone_mode=False)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_python_keeps_for_itself(new: Any) -> None:
    new("problem", "none")
    assert Registry(["none.py"]).find("problem", "none").cls == "NoneProblem"


def test_a_name_that_the_contract_has(new: Any, tmp_path: Path) -> None:
    new("problem", "curve")
    assert failures(tmp_path / "curve.py") == []

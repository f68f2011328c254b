"""The one command that installs what a plugin lacks."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib

import pytest
from packaging.requirements import Requirement

from hpobench.plugins.registry import Entry, Registry
from hpobench.plugins.requirements import unmet
from tests import ROOT
from tests.support.present import present

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    extra: {Requirement(text).name for text in texts}
    for extra, texts in PROJECT["optional-dependencies"].items()
}
OPTIONAL = set().union(*(names for extra, names in EXTRAS.items() if extra != "test"))
REGISTRY = Registry()
NEEDY = [
    entry
    for kind in ("searcher", "scheduler", "problem")
    for entry in REGISTRY.entries(kind)
    if entry.script is None and {Requirement(text).name for text in entry.requires} & OPTIONAL
]
IMPORTED = {
    "xgboost": "xgboost-cpu",
    "xgboost-small": "xgboost-cpu",
    "xgboost-trees": "xgboost-cpu",
}
"""What problems import and do not name in ``requires``."""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any optional dependency."""
    version = importlib.metadata.version

    def without_extras(name: str) -> str:
        if name in OPTIONAL:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without_extras)


@pytest.mark.parametrize("entry", NEEDY, ids=lambda entry: entry.name)
def test_one_hint_brings_all_that_a_plugin_needs(entry: Entry, bare: None) -> None:
    (extra,) = re.findall(r"pip install 'hpobench\[([a-z]+)\]'$", present(entry.missing()))
    needs = {Requirement(text).name for text in entry.requires} & OPTIONAL
    assert needs | set(filter(None, [IMPORTED.get(entry.name)])) <= EXTRAS[extra]


def test_hints_are_as_small_as_can_be(bare: None) -> None:
    for entry in NEEDY:
        hint = present(entry.missing())
        if len(entry.requires) == 1 and entry.name not in IMPORTED:
            assert "[cnn]" not in hint
            assert "[xgboost]" not in hint


def test_every_extra_that_is_named_anywhere_exists() -> None:
    named = {
        (extra, path)
        for folder in ("hpobench", "algorithms", "problems", "paper", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".md") and path.is_file()
        for group in re.findall(r"hpobench\[([a-z,]+)\]", path.read_text())
        for extra in group.split(",")
    }
    assert {extra for extra, _ in named} <= set(EXTRAS)
    assert len(named) > 5


@pytest.mark.parametrize(
    ("needs", "command"),
    [
        (["no-such>=1", "none-such"], "'no-such>=1' 'none-such'"),
        (["no-such", "ioh>=0.4"], "'no-such' 'hpobench[bbob]'"),
        (["greenlet>=3", "scikit-learn"], "'hpobench[gp]' 'hpobench[sklearn]'"),
    ],
)
def test_what_no_extra_brings_together(needs: list[str], command: str, bare: None) -> None:
    reason = present(unmet([Requirement(text) for text in needs]))
    assert reason.endswith(f"it is not installed; pip install {command}")


def test_an_old_version_is_told_apart_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1")
    expected = "needs ioh>=0.4, 0.1 is installed; pip install 'hpobench[bbob]'"
    assert unmet([Requirement("ioh>=0.4")]) == expected

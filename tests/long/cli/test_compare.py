"""`compare` on results of real runs: what it prints, writes and ends with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.false_alarms import stored
from tests import ROOT

SUITE = {
    "schedulers": ["fifo"],
    "problems": ["branin", {"name": "hartmann", "dimension": 3}],
    "workers": 1,
    "budget": {"trials": 40},
}
LEARNS = {"name": "optuna-tpe", "as": "tpe"}
IGNORES = {"name": "random", "as": "tpe"}
CRIPPLED = {"name": "optuna-tpe", "as": "tpe", "n_startup_trials": 40}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("base"), {**SUITE, "searchers": [LEARNS], "seeds": 10})


@pytest.mark.parametrize("planted", [IGNORES, CRIPPLED], ids=["ignores", "crippled"])
def test_a_planted_regression(
    base: Path, planted: dict[str, Any], tmp_path: Path, says: Any
) -> None:
    """The searcher ignores what it is told, or learns nothing until the budget is gone."""
    new = stored(tmp_path / "new", {**SUITE, "searchers": [planted], "seeds": 10})
    summary = tmp_path / "report.md"
    told = says("compare", base, new, "--markdown", summary, code=1).out
    assert told.splitlines()[-1].startswith("REGRESSION: ")
    assert summary.read_text().startswith("## REGRESSION: ")
    told = says("compare", base, new, "--json", code=1).out
    content = json.loads(told)
    assert (content["verdict"], content["pairs"]) == ("regression", 20)
    assert {row["verdict"] for row in content["effects"]} >= {"worse"}
    # The other way round it is better, and within a tolerance it is no regression.
    says("compare", new, base)
    says("compare", base, new, "--tolerance", 0.9)


def test_the_same_results(base: Path, says: Any) -> None:
    told = says("compare", base, base, "--score", "final", "--score", "anytime").out
    assert told.splitlines()[-1] == ("IDENTICAL: all 20 pairs of runs are the same, bit by bit")


def test_other_seeds(base: Path, tmp_path: Path, says: Any) -> None:
    """Few of them cannot fail, which is no pass."""
    new = stored(tmp_path / "few", {**SUITE, "searchers": [LEARNS], "seeds": [0, 1, 2]})
    told = says("compare", base, new).out
    said = " ".join(told.split())
    assert "Not compared, for BASE alone has them: 14 runs: tpe + fifo (14)." in said
    other = stored(tmp_path / "other", {**SUITE, "searchers": [IGNORES], "seeds": [0, 1, 2]})
    told = says("compare", base, other, code=2).out
    assert told.splitlines()[-1].startswith("UNDECIDED: with 3 seeds no difference at all")
    assert told.splitlines()[-1].endswith("it takes 5")
    assert "this comparison cannot fail" in " ".join(told.split())


def test_wrong_input(base: Path, tmp_path: Path, says: Any) -> None:
    """Whatever is wrong, code 1 is for regressions."""
    (tmp_path / "empty").mkdir()
    damaged = tmp_path / "damaged"
    shutil.copytree(base, damaged)
    (damaged / "cells.parquet").write_bytes(b"PAR1")
    smoke = ROOT / "results" / "reference" / "smoke"
    for args, message in [
        ((base, tmp_path / "nowhere"), "no such folder"),
        ((base, tmp_path / "empty"), "not a results folder"),
        ((base, damaged), "damaged: not a readable parquet file"),
        ((base, smoke), "left out:\n  branin: workers: 1 in BASE, 4 in NEW"),
        ((base, base, "--alpha", 0), "--alpha"),
        ((base, base, "--markdown", tmp_path / "nowhere" / "a.md"), "nowhere"),
    ]:
        assert message in says("compare", *args, code=2).err


def test_the_stored_reference(says: Any) -> None:
    smoke = ROOT / "results" / "reference" / "smoke"
    assert "IDENTICAL: all 260 pairs" in says("compare", smoke, smoke).out
    assert sum(path.stat().st_size for path in smoke.iterdir()) < 500_000


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two algorithms in one folder."""
    searchers = [LEARNS, {"name": "random", "as": "mine"}]
    return stored(tmp_path_factory.mktemp("two"), {**SUITE, "searchers": searchers, "seeds": 10})


def test_two_algorithms_of_one_folder(two: Path, base: Path, tmp_path: Path, says: Any) -> None:
    """They compare as they would from two folders."""
    mine = stored(tmp_path / "mine", {**SUITE, "searchers": [IGNORES], "seeds": 10})
    apart = says("compare", base, mine, "--json", code=1).out
    told = says("compare", two, "--base", "tpe/fifo", "--new", "mine/fifo", "--json", code=1).out
    together = json.loads(told)
    assert {row["algorithm"] for row in together["effects"]} == {"mine"}
    estimates = [[row["estimate"] for row in x["effects"]] for x in (together, json.loads(apart))]
    assert estimates[0] == estimates[1]
    says("compare", two, "--base", "mine", "--new", "tpe")
    told = says("compare", two, "--base", "tpe", "--new", "mine", "-q", code=1).out
    assert told.count("\n") == 1
    assert told.startswith("REGRESSION: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base", "tpe"], "name two folders, or one folder and two of its algorithms"),
        (["--base", "tpe", "--new", "tpe"], "both name tpe"),
        (
            ["--base", "tpe", "--new", "mien"],
            "unknown algorithm of --new 'mien'; did you mean mine",
        ),
        (["--base", "tpe", "--new", "mine/fifo"], "two searchers, or two of SEARCHER/SCHEDULER"),
    ],
)
def test_what_cannot_be_compared(two: Path, options: list[str], message: str, says: Any) -> None:
    told, error = says("compare", two, *options, code=2)
    assert told == ""
    assert message in error


def test_the_shipped_reference_by_its_name(says: Any) -> None:
    smoke = ROOT / "results" / "reference" / "smoke"
    short = says("compare", "reference", smoke).out.splitlines()
    told = says("compare", "reference", smoke, "-v").out
    assert short[-1].startswith("IDENTICAL: ")
    assert len(told.splitlines()) >= len(short)

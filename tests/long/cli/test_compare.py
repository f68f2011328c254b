"""`compare` on results of real runs: what it prints, writes and ends with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.false_alarms import stored
from hpobench.__main__ import main
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


def ends(capfd: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of ``hpobench compare ARGS``."""
    with pytest.raises(SystemExit) as end:
        main(["compare", *map(str, args)])
    told = capfd.readouterr()
    return int(end.value.code or 0), told.out, told.err


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("base"), {**SUITE, "searchers": [LEARNS], "seeds": 10})


@pytest.mark.parametrize("planted", [IGNORES, CRIPPLED], ids=["ignores", "crippled"])
def test_a_planted_regression(
    base: Path, planted: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The searcher ignores what it is told, or learns nothing until the budget is gone."""
    new = stored(tmp_path / "new", {**SUITE, "searchers": [planted], "seeds": 10})
    summary = tmp_path / "report.md"
    code, told, _ = ends(capfd, base, new, "--markdown", summary)
    assert code == 1
    assert told.splitlines()[-1].startswith("REGRESSION: ")
    assert summary.read_text().startswith("## REGRESSION: ")
    code, told, _ = ends(capfd, base, new, "--json")
    assert code == 1
    content = json.loads(told)
    assert content["verdict"] == "regression"
    assert content["pairs"] == 20
    assert {row["verdict"] for row in content["effects"]} >= {"worse"}
    # The other way round it is better, and within a tolerance it is no regression.
    assert ends(capfd, new, base)[0] == 0
    assert ends(capfd, base, new, "--tolerance", 0.9)[0] == 0


def test_the_same_results(base: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, told, _ = ends(capfd, base, base, "--score", "final", "--score", "anytime")
    assert code == 0
    assert told.splitlines()[-1] == ("IDENTICAL: all 20 pairs of runs are the same, bit by bit")


def test_other_seeds_of_the_same(
    base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Few of them cannot fail, which is no pass."""
    new = stored(tmp_path / "few", {**SUITE, "searchers": [LEARNS], "seeds": [0, 1, 2]})
    code, told, _ = ends(capfd, base, new)
    assert code == 0
    said = " ".join(told.split())
    assert "Not compared, for BASE alone has them: 14 runs: tpe + fifo (14)." in said
    other = stored(tmp_path / "other", {**SUITE, "searchers": [IGNORES], "seeds": [0, 1, 2]})
    code, told, _ = ends(capfd, base, other)
    assert code == 2
    assert told.splitlines()[-1].startswith("UNDECIDED: with 3 seeds no difference at all")
    assert told.splitlines()[-1].endswith("it takes 5")
    assert "this comparison cannot fail" in " ".join(told.split())


def test_wrong_input(base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
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
        code, _, told = ends(capfd, *args)
        assert code == 2, args
        assert message in told


def test_the_stored_reference(capfd: pytest.CaptureFixture[str]) -> None:
    smoke = ROOT / "results" / "reference" / "smoke"
    code, told, _ = ends(capfd, smoke, smoke)
    assert code == 0
    assert "IDENTICAL: all 260 pairs" in told
    assert sum(path.stat().st_size for path in smoke.iterdir()) < 500_000


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two algorithms in one folder."""
    searchers = [LEARNS, {"name": "random", "as": "mine"}]
    return stored(tmp_path_factory.mktemp("two"), {**SUITE, "searchers": searchers, "seeds": 10})


def test_two_algorithms_of_one_folder(
    two: Path, base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """They compare as they would from two folders."""
    mine = stored(tmp_path / "mine", {**SUITE, "searchers": [IGNORES], "seeds": 10})
    _, apart, _ = ends(capfd, base, mine, "--json")
    code, told, _ = ends(capfd, two, "--base", "tpe/fifo", "--new", "mine/fifo", "--json")
    assert code == 1
    together = json.loads(told)
    assert {row["algorithm"] for row in together["effects"]} == {"mine"}
    estimates = [
        [row["estimate"] for row in found["effects"]] for found in (together, json.loads(apart))
    ]
    assert estimates[0] == estimates[1]
    assert ends(capfd, two, "--base", "mine", "--new", "tpe")[0] == 0
    code, told, _ = ends(capfd, two, "--base", "tpe", "--new", "mine", "-q")
    assert (code, told.count("\n")) == (1, 1)
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
def test_algorithms_that_cannot_be_compared(
    two: Path, options: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, told, error = ends(capfd, two, *options)
    assert (code, told) == (2, "")
    assert message in error


def test_the_shipped_reference_by_its_name(capfd: pytest.CaptureFixture[str]) -> None:
    smoke = ROOT / "results" / "reference" / "smoke"
    short = ends(capfd, "reference", smoke)[1].splitlines()
    code, told, _ = ends(capfd, "reference", smoke, "-v")
    assert code == 0
    assert short[-1].startswith("IDENTICAL: ")
    assert len(told.splitlines()) >= len(short)

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
    summary, found = tmp_path / "report.md", tmp_path / "report.json"
    code, told, _ = ends(capfd, base, new, "--markdown", summary, "--json", found)
    assert code == 1
    assert told.splitlines()[-1].startswith("REGRESSION: ")
    assert summary.read_text().startswith("## REGRESSION: ")
    content = json.loads(found.read_text())
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
    assert "Not compared, for BASE alone has them: 14 runs: tpe + fifo (14)." in told
    other = stored(tmp_path / "other", {**SUITE, "searchers": [IGNORES], "seeds": [0, 1, 2]})
    code, told, _ = ends(capfd, base, other)
    assert code == 2
    assert told.splitlines()[-1].startswith("UNDECIDED: with 3 seeds no difference at all")
    assert told.splitlines()[-1].endswith("it takes 5")
    assert "this comparison cannot fail" in told


def test_wrong_input(base: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever is wrong, code 1 is for regressions."""
    (tmp_path / "empty").mkdir()
    damaged = tmp_path / "damaged"
    shutil.copytree(base, damaged)
    (damaged / "cells.parquet").write_bytes(b"PAR1")
    smoke = ROOT / "results" / "reference" / "smoke"
    for args, message in [
        ((base, tmp_path / "nowhere"), "does not exist"),
        ((base, tmp_path / "empty"), "not a results folder"),
        ((base, damaged), "damaged: not a readable parquet file"),
        ((base, smoke), "left out:\n  branin: workers: 1 in BASE, 4 in NEW"),
        ((base, base, "--alpha", 0), "--alpha"),
        ((base, base, "--json", tmp_path / "nowhere" / "a.json"), "nowhere"),
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

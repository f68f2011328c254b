"""``problems import``: what it prints and writes, and how it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpobench.bridges.imports import importing
from hpobench.contract.errors import NotAvailableError
from hpobench.plugins.registry import Entry
from hpobench.problems.recorded import _forest
from hpobench.recording.table import read_about
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from tests.support.imported_trials import configs, curve
from tests.support.present import present
from tests.support.tiny_plugins import suite_file


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importing, "_SEARCHED", 50)
    monkeypatch.setattr(_forest, "TREES", 10)
    rows = [
        ",".join(map(str, (*config.values(), step, loss)))
        for config in configs(30)
        for step, loss in enumerate(curve(config), 1)
    ]
    Path("mine.csv").write_text("\n".join(["lr,depth,kind,epoch,loss", *rows]))
    return tmp_path


ASKED = ("--metric", "loss", "--mode", "min", "--step", "epoch")
MINE = ("problems", "import", "mine.csv", *ASKED)


def test_the_nearest_trial_answers(says: Any) -> None:
    out, err = says(*MINE, "--out", "mine.parquet")
    assert err == ""
    assert out.splitlines()[0].endswith("mine.csv: table 'mine': 30 trials, 30 complete")
    for line in (
        "space, inferred from the values:",
        "  depth: int from 1 to 8",
        "  kind: categorical: a, b",
        "5 steps of 1 epoch; a whole trial takes 5 s",
        "mine.parquet: written; in a suite beside it:",
        '  problems: [{"name": "recorded", "as": "mine", "table": "mine.parquet", "cost": "wall"}]',
    ):
        assert line in out.splitlines()
    best = min(list(curve(config))[-1] for config in configs(30))
    assert f"minimize loss; the best is {best:.6g} (row " in out


def test_the_same_trials_give_the_same_bytes(says: Any) -> None:
    says(*MINE, "--out", "a.parquet")
    says(*MINE, "--out", "b.parquet")
    says(*MINE, "--out", "b.parquet")  # an import may take the place of an import
    assert Path("a.parquet").read_bytes() == Path("b.parquet").read_bytes()
    err = says(*MINE[:2], "a.parquet", *ASKED, "--out", "c.parquet", code=2).err
    assert "a.parquet: a table of trials already" in err


def test_a_twin_and_its_suite(says: Any) -> None:
    Path("below").mkdir()
    options = ("--surrogate", "--out", "below/twin 1.parquet", "--suite", "my race.yaml")
    out, err = says(*MINE, *options)
    assert err == ""
    assert "twin: rank correlation 0." in out
    assert "on 30 held-out trials at step 5 of 5, 5 folds" in out
    suite = load_suite("my race.yaml")
    plan = build_plan(suite)
    (problem,) = plan.problems
    assert (suite.name, problem.label) == ("twin-1", "twin 1")
    assert len(plan.cells) == 6 * 4 * 10
    assert read_about(Path("below/twin 1.parquet"))["twin"]["forced"] is False


def test_a_suite_that_is_there_stays(says: Any) -> None:
    Path("mine.yaml").write_text("name: edited\n")
    out = says(*MINE, "--out", "mine.parquet", "--suite", "mine.yaml").out
    assert "mine.yaml: was there, and is left as it is" in out
    assert Path("mine.yaml").read_text() == "name: edited\n"


def test_a_twin_that_is_not_to_be_trusted(says: Any) -> None:
    rows = [f"{i},{(i * 7919) % 31},0" for i in range(40)]
    Path("noise.csv").write_text("\n".join(["x,loss,id", *rows]))
    noise = (*MINE[:2], "noise.csv", *ASKED[:4], "--out", "noise.parquet")
    out, err = says(*noise, "--surrogate", code=2)
    assert out == ""
    assert "noise.csv: table 'noise': a model of these trials is not to be trusted" in err
    assert "--force" in err
    assert not Path("noise.parquet").exists()
    out = says(*noise, "--surrogate", "--force").out
    assert "NOT TO BE TRUSTED, forced" in out
    problems = [{"name": "twin", "table": "noise.parquet"}]
    file = suite_file(Path(), "noise", problems=problems, budget={"evaluations": 2})
    (problem,) = build_plan(load_suite(file)).problems
    from hpobench.plugins.building import build_problem

    reference = present(build_problem(problem).reference())
    assert reference.source.endswith("forced although it is not to be trusted")


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        ((*MINE, "--out", "no/mine.parquet"), 2, "no/mine.parquet: there is no folder no"),
        ((*MINE, "--out", "mine.csv"), 2, "mine.csv already holds something"),
        ((*MINE, "--out", "m.parquet", "--force"), 2, "--force is about a model"),
        ((*MINE, "--out", "m.parquet", "--suite", "sub/s.yaml"), 2, "in its own folder and below"),
        (
            (*MINE[:2], "none.db", "--out", "m.parquet"),
            1,
            "none.db: there is no such file or folder",
        ),
        ((*MINE, "--out", "m.parquet", "--space", "s.yaml"), 2, "s.yaml: cannot be read"),
        ((*MINE, "--out", "m.parquet", "--cost", "secs"), 2, "has no column 'secs'"),
        ((*MINE, "--out", "m.parquet", "--study", "x"), 2, "has no table 'x'; it has 'mine'"),
    ],
)
def test_refusals(says: Any, command: tuple[str, ...], code: int, reason: str) -> None:
    Path("sub").mkdir()
    before = Path("mine.csv").read_bytes()
    out, err = says(*command, code=code)
    assert out == ""
    assert reason in err
    assert "Traceback" not in err
    assert Path("mine.csv").read_bytes() == before
    assert not Path("m.parquet").exists()


@pytest.mark.parametrize("cut", range(0, 2000, 97))
def test_no_cut_of_a_file_ends_in_a_traceback(says: Any, cut: int) -> None:
    says(*MINE, "--out", "mine.parquet")
    for name in ("mine.csv", "mine.parquet"):
        Path("cut.csv").write_bytes(Path(name).read_bytes()[:cut])
        says(*MINE[:2], "cut.csv", *ASKED, "--out", "cut.parquet", code=None)


def test_without_scikit_learn(says: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "needs scikit-learn>=1.6, it is not installed; pip install 'hpobench[sklearn]'"
    monkeypatch.setattr(Entry, "missing", lambda self: reason)
    out, err = says(*MINE, "--out", "mine.parquet", "--surrogate", code=NotAvailableError.exit_code)
    assert out == ""
    assert reason in err

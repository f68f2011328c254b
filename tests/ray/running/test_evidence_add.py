"""``evidence add``: one searcher more, and no run that there is already."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from hpobench.__main__ import _code
from hpobench.contract.errors import SuiteError, UnknownNameError, UsageError
from hpobench.evidence.archive import LEVELS, Archive, evidence_suites, read_archive
from hpobench.store.read.reader import load_cells
from hpobench.suites.run_options import SampleOptions
from hpobench.verbs.archive_sample import verify_archive
from hpobench.verbs.archives import Addition, plan_addition, run_addition
from hpobench.verbs.progress import Display
from tests.ray.running.small_evidence import BASE, RUNS_HELD, SUITES, make_archive
from tests.support.tiny_plugins import HILL


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return make_archive(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (path := tmp_path / "hill.py").write_text(HILL)
    return path


def planned(archive: Archive, name: str, *plugins: Path, **options: Any) -> Addition:
    entry = {"name": name, **options.pop("entry", {})}
    return plan_addition(
        entry, options.pop("suites", SUITES), archive, plugins=plugins, display=Display(), **options
    )


def test_a_new_searcher_runs_everywhere_and_the_others_not_again(
    archive: Archive, plugin: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    addition = planned(archive, "hill", plugin)
    assert [len(part.plan.cells) for part in addition.parts] == [4, 2]
    assert addition.cells == 6
    whole, counts = run_addition(addition, tmp_path / "runs", cpus=2, display=Display())
    assert counts == {"done": 6}
    cells = [c for name in tmp_path.glob("runs/evidence*") for c in load_cells(name)]
    assert {cell["searcher"] for cell in cells} == {"hill"}
    runs = whole.runs.to_pylist()
    assert [run for run in runs if run["searcher"] != "hill"] == archive.runs.to_pylist()
    with caplog.at_level(logging.INFO, "hpobench"):
        again, _ = run_addition(addition, tmp_path / "runs", cpus=2, display=Display())
    assert caplog.text.count("ran 0 cells") == 2
    assert again.to_bytes() == whole.to_bytes()
    options = SampleOptions(99, plugins=[plugin], cpus=2)
    found = verify_archive(whole, SUITES, options, lambda _: None)
    assert (found.ok, len(found.same), found.left_out) == (True, RUNS_HELD + 6, {})


def test_only_what_the_archive_lacks_of_a_known_searcher_is_planned(archive: Archive) -> None:
    with pytest.raises(UsageError, match="the archive holds all 6 runs of random"):
        planned(archive, "random")
    # The label differs, the cells do not.
    with pytest.raises(UsageError, match="the archive holds all 4 runs of sobol"):
        planned(archive, "sobol", suites=SUITES[:1])
    addition = planned(archive, "random", seeds=3)
    assert [len(part.plan.cells) for part in addition.parts] == [2, 1]
    assert [part.known for part in addition.parts] == [4, 2]
    assert {cell.seed for part in addition.parts for cell in part.plan.cells} == {2}


def test_a_suite_of_the_evidence_can_be_chosen() -> None:
    first, *others = evidence_suites()
    assert first == "evidence"
    assert "evidence-workers" in others
    assert evidence_suites(["evidence-workers", first]) == [first, "evidence-workers"]
    with pytest.raises(UnknownNameError, match="did you mean evidence-workers"):
        evidence_suites(["evidence-worker"])


def test_options_make_another_searcher(archive: Archive, plugin: Path) -> None:
    addition = planned(archive, "hill", plugin, entry={"reach": 0.5})
    assert {cell.searcher.label for cell in addition.parts[0].plan.cells} == {"hill[reach=0.5]"}
    with pytest.raises(SuiteError, match="reach"):
        planned(archive, "hill", plugin, entry={"reach": "far"})
    with pytest.raises(SuiteError, match="unknown searcher 'hil'; did you mean"):
        planned(archive, "hil", plugin)


def test_a_self_scheduling_one_repeats_no_suites_runs(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(HILL.replace('"hill"', '"self-made"\n    schedules_itself = True'))
    first, second = planned(archive, "self-made", path).parts
    assert {cell.scheduler.label for cell in first.plan.cells} == {"own"}
    assert (len(first.plan.cells), len(second.plan.cells)) == (2, 0)


def test_problems_without_their_data_are_named(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path))
    suite = {**BASE, "problems": ["branin", {"icml2020-xgboost": {"task": ["a6a", "australian"]}}]}
    ((reason, problems),) = planned(archive, "optuna-tpe", suites=[suite]).left_out.items()
    assert "`hpobench data fetch icml2020`" in reason
    assert problems == 2


def test_the_command(
    archive: Archive,
    plugin: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(HILL.replace('"hill"', '"bad"').replace("self.reach *", "self.nothing *"))
    archive.write(tmp_path / "shipped.parquet")
    monkeypatch.setattr("hpobench.evidence.archive.shipped", lambda: tmp_path / "shipped.parquet")
    monkeypatch.setattr("hpobench.evidence.archive.evidence_suites", lambda _: [BASE])
    monkeypatch.chdir(tmp_path)
    command = ["evidence", "add", "hill", "--plugin", str(plugin), "--cpus", "2", "--seeds", "1"]
    assert _code([*command, "--option", "reach=0.5"]) == 0
    told = capfd.readouterr().out
    assert "evidence: 2 cells\n2 cells: at most about 0 s on 2 processors" in told
    file = Path("results", "evidence-hill", "evidence.parquet")
    assert f"{file}: 12 runs of 3 searchers" in told
    assert set(read_archive(file).searchers) == {"even", "hill[reach=0.5]", "random"}
    assert _code(["merge", "evidence", str(file), "--into", "whole.parquet"]) == 0
    assert "10 runs were in several archives" in capfd.readouterr().out
    assert Path("whole.parquet").read_bytes() == file.read_bytes()
    assert _code(["evidence", "add", "bad", "--plugin", str(bad), "--into", "no/where"]) == 2
    assert not Path("results", "evidence-bad").exists()
    assert _code(["evidence", "add", "bad", "--plugin", str(bad), "--seeds", "1"]) == 1
    assert "status results/evidence-bad/evidence` shows what failed" in capfd.readouterr().err
    failed = read_archive(Path("results", "evidence-bad", "evidence.parquet")).runs.to_pylist()
    assert [run["regret"][0] for run in failed if run["searcher"] == "bad"] == [LEVELS] * 2

"""``verify`` of archives: runs are found in suites, run again, and what was altered is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpobench.evidence.archive import UNKNOWN, Archive
from hpobench.running.proof.verify_sample import Verification
from hpobench.suites.run_options import SampleOptions
from hpobench.verbs.archive_sample import verify_archive
from tests.ray.faults.commands import finish
from tests.ray.running.small_evidence import RUNS_HELD, SUITES, altered, make_archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return make_archive(tmp_path_factory.mktemp("evidence"))


def verified(archive: Archive, cells: int = RUNS_HELD, **options: Any) -> Verification:
    chosen = SampleOptions(cells, cpus=2, **options)
    return verify_archive(archive, SUITES, chosen, lambda _: None)


def test_all_runs_give_the_same(archive: Archive) -> None:
    found = verified(archive)
    assert (found.ok, len(found.same), found.cells) == (True, RUNS_HELD, RUNS_HELD)
    assert (found.left_out, found.different, found.unfinished) == ({}, {}, {})
    assert (found.detection(0.05), found.fewest_detected) == (1.0, 1)


def test_a_seed_draws_other_runs(archive: Archive) -> None:
    one, other = (verified(archive, 3, seed=seed).same for seed in (1, 2))
    assert len(one) == len(other) == 3
    assert one != other


def _content(run: dict[str, Any]) -> None:
    run["content"] = bytes([run["content"][0] ^ 1]) + run["content"][1:]


def _regret(run: dict[str, Any]) -> None:
    run["regret"][0] -= 1


def _unknown(run: dict[str, Any]) -> None:
    run["regret"][3] = UNKNOWN


def test_every_altered_run_of_a_sample_of_all_is_caught(archive: Archive) -> None:
    more: list[Any] = [lambda run: run.update(visible=None), lambda run: run.update(trials=99)]
    found = verified(altered(archive, _content, _regret, _unknown, *more))
    assert not found.ok
    assert len(found.same) == RUNS_HELD - 5
    assert [str(other.difference) for other in found.different.values()] == [
        "content in row 0 of runs",
        "regret at 1 full evaluations in row 1 of runs",
        "regret at 1.61 full evaluations in row 2 of runs",
        "visible in row 3 of runs",
        "trials in row 4 of runs",
    ]
    assert all(one.difference.stored != one.difference.other for one in found.different.values())


def test_what_an_archive_says_of_problems_is_verified_too(archive: Archive) -> None:
    branin, ones = archive.problems.values()
    wrong = replace(branin, features=replace(branin.features, floats=3))
    newer = replace(ones, reference=ones.reference + 1)
    problems = dict(zip(archive.problems, (wrong, newer), strict=True))
    found = verified(replace(archive, problems=problems))
    assert {(str(one.difference), one.changed) for one in found.different.values()} == {
        ("features in row 0 of problems", ()),
        ("reference in row 1 of problems", ("reference losses of version 2 then, 1 now",)),
    }
    assert len(found.different) == RUNS_HELD


def _other_id(run: dict[str, Any]) -> None:
    run["cell"] = b"123456"


def test_runs_that_cannot_run_here_are_counted_by_their_reason(archive: Archive) -> None:
    even = archive.searchers["even"]
    known = {**archive.searchers, "nobody": even, "even": replace(even, library="scipy 0.1")}
    changes: list[Any] = [_other_id, lambda run: run.update(searcher="nobody")]
    changes += [lambda run: run.update(done=False), lambda _: None, _other_id]
    changed = altered(archive, *changes)
    assert changed.runs["searcher"].to_pylist()[:5] == ["even", "nobody", "even", "even", "random"]
    found = verified(replace(changed, searchers=known))
    assert (found.ok, found.cells, len(found.same)) == (True, RUNS_HELD - 4, RUNS_HELD - 4)
    assert set(found.left_out.values()) == {1}
    made_with, unknown, failed, other = found.left_out
    assert made_with.startswith("made with scipy 0.1, and here is scipy 1.")
    assert unknown == "no suite of the evidence has such a cell"
    assert failed == "failed or given up"
    assert "another version of hpobench" in other


def test_problems_without_their_data_are_left_out(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path))
    problem = "icml2020-xgboost[task=a6a]"
    suite = {**SUITES[0], "problems": ["branin", {"icml2020-xgboost": {"task": "a6a"}}]}
    facts = {**archive.problems, problem: archive.problems["branin"]}
    found = verify_archive(
        replace(altered(archive, lambda run: run.update(problem=problem)), problems=facts),
        [suite],
        SampleOptions(RUNS_HELD, cpus=2),
        lambda _: None,
    )
    (reason,) = (text for text in found.left_out if "data" in text)
    assert "`hpobench data fetch icml2020`" in reason
    assert (found.ok, found.left_out[reason], len(found.same)) == (True, 1, 3)


def test_the_command_checks_an_archive_and_runs_nothing(archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "evidence.parquet"
    archive.write(file)
    assert "undamaged: 10 runs of 2 searchers on 2 problems of 2" in finish("verify", file)
    # The shipped suites have none of these cells, with a budget of six evaluations.
    told = finish("verify", file, "--sample", 3, code=1)
    assert "no cell can be run again here" in told
    assert "or another budget or option" in told
    assert "archive has no copies" in finish("verify", file, "--repair", code=2)
    file.write_bytes(file.read_bytes()[:-100])
    told = finish("verify", file, "--sample", 3, code=2)
    assert "is no archive of evidence, or is damaged" in told

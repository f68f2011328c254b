"""``verify`` of archives: runs are found in the suites, run again, and what was altered is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpobench.evidence.archive import UNKNOWN, Archive
from hpobench.running.verification import Verification
from hpobench.verbs.archive_sample import verify_archive
from hpobench.verbs.verification import SampleOptions
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


def test_a_seed_draws_the_same_runs_again(archive: Archive) -> None:
    one, again, other = (verified(archive, 3, seed=seed).same for seed in (1, 1, 2))
    assert one == again != other


def _content(run: dict[str, Any]) -> None:
    run["content"] = bytes([run["content"][0] ^ 1]) + run["content"][1:]


def _regret(run: dict[str, Any]) -> None:
    run["regret"][0] -= 1


def _visible(run: dict[str, Any]) -> None:
    run["visible"] = run["regret"]


def _unknown(run: dict[str, Any]) -> None:
    run["regret"][3] = UNKNOWN


def _trials(run: dict[str, Any]) -> None:
    run["trials"] += 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_content, "content in row 1 of runs"),
        (_regret, "regret at 1 full trials in row 1 of runs"),
        (_unknown, "regret at 1.61 full trials in row 1 of runs"),
        (_visible, "visible in row 1 of runs"),
        (_trials, "trials in row 1 of runs"),
    ],
)
def test_one_altered_run_of_all_is_caught(
    archive: Archive, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    found = verified(altered(archive, 1, change))
    assert not found.ok
    assert len(found.same) == RUNS_HELD - 1
    (other,) = found.different.values()
    assert str(other.difference) == said
    assert other.difference.stored != other.difference.other


def test_what_an_archive_says_of_a_problem_is_verified_too(archive: Archive) -> None:
    branin = archive.problems["branin"]
    for facts, said in (
        (replace(branin, family="another"), "family in row 0 of problems"),
        (replace(branin, features=replace(branin.features, floats=3)), "features in row 0"),
    ):
        found = verified(replace(archive, problems={**archive.problems, "branin": facts}))
        assert len(found.different) == 4
        assert all(str(one.difference).startswith(said) for one in found.different.values())
    newer = replace(branin, reference=branin.reference + 1)
    found = verified(replace(archive, problems={**archive.problems, "branin": newer}))
    reasons = {one.changed for one in found.different.values()}
    assert reasons == {(f"reference losses of version {newer.reference} then, 1 now",)}


def _renamed(run: dict[str, Any]) -> None:
    run["searcher"] = "nobody"


def _other_id(run: dict[str, Any]) -> None:
    run["cell"] = b"123456"


def _failed(run: dict[str, Any]) -> None:
    run["done"] = False


@pytest.mark.parametrize(
    ("change", "libraries", "reason"),
    [
        (_renamed, {}, "no suite of the evidence has such a cell"),
        (_other_id, {}, "another version of hpobench"),
        (_other_id, {"even": "scipy 0.1"}, "made with scipy 0.1, and here is scipy 1."),
        (_failed, {}, "failed or given up"),
    ],
)
def test_runs_that_cannot_run_here_are_counted_by_their_reason(
    archive: Archive,
    change: Callable[[dict[str, Any]], None],
    libraries: dict[str, str],
    reason: str,
) -> None:
    known = {**archive.libraries, "nobody": "", **libraries}
    found = verified(replace(altered(archive, 0, change), libraries=known))
    assert (found.ok, found.cells, len(found.same)) == (True, RUNS_HELD - 1, RUNS_HELD - 1)
    ((said, count),) = found.left_out.items()
    assert (reason in said, count) == (True, 1)


def test_problems_without_their_data_are_left_out(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path))
    problem = "icml2020-xgboost[task=a6a]"

    def moved(run: dict[str, Any]) -> None:
        run["problem"] = problem

    suite = {**SUITES[0], "problems": ["branin", {"icml2020-xgboost": {"task": "a6a"}}]}
    facts = {**archive.problems, problem: archive.problems["branin"]}
    found = verify_archive(
        replace(altered(archive, 0, moved), problems=facts),
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
    assert "is no archive of evidence, or damaged" in finish("verify", file, "--sample", 3, code=2)

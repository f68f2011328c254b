"""``status`` and ``verify``: what they print of results that may come from strangers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hpobench.contract.wording import printable
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer
from tests.support.results_factory import PROBLEMS, make_results
from tests.support.stored import write as write_results
from tests.unit.store.test_store import begin, outcome, write

COUNTS = "4 cells: 3 done, 0 failed, 0 timeout, 1 missing"


def test_escapes_do_not_steer_terminals(tmp_path: Path, says: Any) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0])
        failed = outcome(0, status="failed")
        failed.cell["error"] = "CellError: \x1b]0;title\x07\x1b[2Jgone\u202e\x9b1m\nmore"
        store.add([Batch.of([failed])])
    shown = says("status", tmp_path, code=1).out
    assert "CellError: \\x1b]0;title\\x07\\x1b[2Jgone\\u202e\\x9b1m\n" in shown
    assert all(c.isprintable() or c == "\n" for c in shown)


def test_names_of_bad_files_do_neither(tmp_path: Path, says: Any) -> None:
    folder = tmp_path / "\x1b[2J"
    write(folder, [[0]])
    (folder / "cells.parquet").write_bytes(b"")
    for verb in ("status", "verify"):
        shown = says(verb, folder, code=1)
        assert "\x1b" not in shown.out + shown.err
        assert "cells.parquet: " in shown.out + shown.err


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of which three of four seeds have ended."""
    made = make_results(["random", "tpe"], ["fifo"], PROBLEMS[:1], seeds=2, failed=())
    write_results(made, tmp_path, slice(0, 3))
    return tmp_path


def test_it_says_who_leads_by_now(results: Path, says: Any) -> None:
    first, _, title, *rest = says("status", results, code=1).out.splitlines()
    assert first == COUNTS
    assert title.startswith("mean regret at the end of the budget, over 1 problem and 1 to 2 seeds")
    assert "are too few to say that it is better than the others" in " ".join(rest)


def test_it_says_as_much_as_is_asked(results: Path, says: Any) -> None:
    assert says("status", results, "-q", code=1).out == f"{COUNTS}\n"
    assert "\nmissing: tpe-fifo-branin-1\n" in says("status", results, "-v", code=1).out
    facts = json.loads(says("status", results, "--json", code=1).out)
    assert (facts["done"], facts["missing"], facts["errors"]) == (3, 1, {})
    assert facts["missing_cells"] == ["tpe-fifo-branin-1"]
    (compared,) = facts["answer"]["compared"]
    assert [one["standing"] for one in compared["ranked"]] == ["leads", "unclear"]
    assert len(facts["advice"]) == 1
    assert "give only one of --quiet" in says("status", results, "-q", "--json", code=2).err


def test_unreadable_ones_hide_no_counts(results: Path, says: Any) -> None:
    next(results.glob("events-*")).write_bytes(b"")
    shown = says("status", results, code=1)
    assert shown.out == f"{COUNTS}\n"
    assert shown.err.startswith("who leads cannot be told now: ")
    next(results.glob("events-*")).unlink()
    expected = "`hpobench report` says who leads: it reads all that was stored\n"
    assert says("status", results, code=1).err == expected


def test_letters_of_all_languages_are_printed() -> None:
    expected = "\u6e2c\u8a66 na\u00efve \u03b1\nnext"
    assert printable("\u6e2c\u8a66 na\u00efve \u03b1\nnext") == expected


def test_verify_names_and_repairs_it(tmp_path: Path, says: Any) -> None:
    write(tmp_path, [[0, 1]])
    assert says("verify", tmp_path).out == f"{tmp_path}: undamaged\n"
    (shard := next(tmp_path.glob("events-*"))).write_bytes(shard.read_bytes()[:-1])
    shown = says("verify", tmp_path, code=1).out
    assert (
        f"{shard}: its content is not what was written; costs 2 cells (cell-000, cell-001)" in shown
    )
    assert (
        f"{shard}: dropped 2 cells (cell-000, cell-001)" in says("verify", tmp_path, "--repair").out
    )
    says("verify", tmp_path)
    assert "2 cells: 0 done, 0 failed, 0 timeout, 2 missing" in says("status", tmp_path, code=1).out


def test_verify_of_another_is_refused(tmp_path: Path, says: Any) -> None:
    assert "not a results folder" in says("verify", tmp_path, code=2).err

"""``status`` and ``verify``: what they print of results that may come from strangers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hpobench.__main__ import main
from hpobench.contract.wording import printable
from hpobench.store.write.batch import Batch
from hpobench.store.write.writer import open_writer
from tests.support.results_factory import PROBLEMS, make_results
from tests.support.stored import write as write_results
from tests.unit.store.test_store import begin, outcome, write


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    code = end.value.code
    assert isinstance(code, int)
    return code


def test_escapes_do_not_steer_terminals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_writer(tmp_path) as store:
        begin(store, [0])
        failed = outcome(0, status="failed")
        failed.cell["error"] = "CellError: \x1b]0;title\x07\x1b[2Jgone\u202e\x9b1m\nmore"
        store.add([Batch.of([failed])])
    assert call("status", tmp_path) == 1
    shown = capsys.readouterr().out
    assert "CellError: \\x1b]0;title\\x07\\x1b[2Jgone\\u202e\\x9b1m\n" in shown
    assert all(c.isprintable() or c == "\n" for c in shown)


def test_names_of_bad_files_do_neither(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "\x1b[2J"
    write(folder, [[0]])
    (folder / "cells.parquet").write_bytes(b"")
    for verb in ("status", "verify"):
        assert call(verb, folder) == 1
        shown = capsys.readouterr()
        assert "\x1b" not in shown.out + shown.err
        assert "cells.parquet: " in shown.out + shown.err


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Results of which three of four seeds have ended."""
    made = make_results(["random", "tpe"], ["fifo"], PROBLEMS[:1], seeds=2, failed=())
    write_results(made, tmp_path, slice(0, 3))
    return tmp_path


def test_it_says_who_leads_by_now(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("status", results) == 1
    first, _, title, *rest = capsys.readouterr().out.splitlines()
    assert first == "4 cells: 3 done, 0 failed, 0 timeout, 1 missing"
    assert title.startswith("mean regret at the end of the budget, over 1 problem and 1 to 2 seeds")
    assert "are too few to say that it is better than the others" in " ".join(rest)


def test_it_says_as_much_as_is_asked(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("status", results, "-q")
    assert capsys.readouterr().out == "4 cells: 3 done, 0 failed, 0 timeout, 1 missing\n"
    call("status", results, "-v")
    assert "\nmissing: tpe-fifo-branin-1\n" in capsys.readouterr().out
    call("status", results, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert (facts["done"], facts["missing"], facts["errors"]) == (3, 1, {})
    assert facts["missing_cells"] == ["tpe-fifo-branin-1"]
    (compared,) = facts["answer"]["compared"]
    assert [one["standing"] for one in compared["ranked"]] == ["leads", "unclear"]
    assert len(facts["advice"]) == 1
    assert call("status", results, "-q", "--json") == 2
    assert "give only one of --quiet" in capsys.readouterr().err


def test_unreadable_ones_hide_no_counts(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(results.glob("events-*")).write_bytes(b"")
    assert call("status", results) == 1
    shown = capsys.readouterr()
    assert shown.out == "4 cells: 3 done, 0 failed, 0 timeout, 1 missing\n"
    assert shown.err.startswith("who leads cannot be told now: ")
    next(results.glob("events-*")).unlink()
    assert call("status", results) == 1
    assert capsys.readouterr().err == (
        "`hpobench report` says who leads: it reads all that was stored\n"
    )


def test_letters_of_all_languages_are_printed() -> None:
    assert (
        printable("\u6e2c\u8a66 na\u00efve \u03b1\nnext") == "\u6e2c\u8a66 na\u00efve \u03b1\nnext"
    )


def test_verify_names_and_repairs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, [[0, 1]])
    assert call("verify", tmp_path) == 0
    assert capsys.readouterr().out == f"{tmp_path}: undamaged\n"
    (shard := next(tmp_path.glob("events-*"))).write_bytes(shard.read_bytes()[:-1])
    assert call("verify", tmp_path) == 1
    shown = capsys.readouterr().out
    assert (
        f"{shard}: its content is not what was written; costs 2 cells (cell-000, cell-001)" in shown
    )
    assert call("verify", tmp_path, "--repair") == 0
    assert f"{shard}: dropped 2 cells (cell-000, cell-001)" in capsys.readouterr().out
    assert call("verify", tmp_path) == 0
    assert call("status", tmp_path) == 1
    assert "2 cells: 0 done, 0 failed, 0 timeout, 2 missing" in capsys.readouterr().out


def test_verify_of_another_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("verify", tmp_path) == 2
    assert "not a results folder" in capsys.readouterr().err

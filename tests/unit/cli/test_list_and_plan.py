"""``list`` and ``plan``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpobench.cli import cli
from hpobench.cli.shared import show
from hpobench.contract.errors import UnknownNameError, UsageError
from hpobench.evidence.archive import read_archive, shipped
from hpobench.evidence.scores import thinking_of_searchers
from hpobench.running.cluster.connect import cpus_here
from tests.support.command_line import invoke
from tests.support.tiny_plugins import write_suite


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    return str(write_suite(tmp_path).parent / "tiny.py")


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line]


def test_searchers_show_what_they_are_and_why_not(tiny: str) -> None:
    output = invoke("list", "searchers", "--plugin", tiny)
    table = rows(output)
    assert table[0] == ["searcher", "available", "summary"]
    assert ["flat", "yes"] in table
    assert ["needy", "no"] in table
    assert "  needy: needs no-such-package>=1, it is not installed" in output


def test_one_in_full(tiny: str) -> None:
    output = invoke("list", "searchers", "tiny", "--plugin", tiny)
    table = rows(output)
    assert table[0] == ["searcher", "tiny"]
    for fact in (["parallel", "yes"], ["multi", "fidelity", "no"], ["file", tiny]):
        assert fact in table
    assert ["greed", "float,", "by", "default", "1"] in table
    expected = ["reason", "needs"]
    assert rows(invoke("list", "searchers", "needy", "--plugin", tiny))[3][:2] == expected
    output = invoke("list", "problems", "bowl", "--plugin", tiny)
    assert ["dimension", "int,", "must", "be", "given"] in rows(output)
    assert invoke("list", "suites", "smoke").count("name: smoke\n") == 1


@pytest.mark.parametrize("kind", ["searchers", "schedulers", "problems", "suites"])
def test_lists_fit_a_terminal_and_programs(kind: str) -> None:
    shown = invoke("list", kind)
    # But for a path in one piece.
    assert [x for x in shown.splitlines() if len(x) > 80 and len(x.split()) > 1] == []
    names = invoke("list", kind, "--quiet").splitlines()
    facts = json.loads(invoke("list", kind, "--json"))
    assert [one["name"] for one in facts] == names
    assert all(f"\n{name} " in shown for name in names)
    assert json.loads(invoke("list", kind, names[-1], "--json")) == facts[-1]
    result = CliRunner().invoke(cli, ["list", kind, f"{names[0]}x"])
    assert isinstance(result.exception, UnknownNameError)


def test_schedulers(tiny: str) -> None:
    shown = rows(invoke("list", "schedulers", "--plugin", tiny))
    assert ["whole", "yes", "Lets", "trials", "be."] in shown
    output = invoke("list", "schedulers", "halves", "--plugin", tiny)
    assert ["eta", "int,", "by", "default", "2"] in rows(output)


def test_problems(tiny: str) -> None:
    output = invoke("list", "problems", "--plugin", tiny)
    assert ["absent", "not", "asked"] in [row[:3] for row in rows(output)]
    assert "\nnot asked: absent: missing() says whether" in output


def test_listing_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "loud.py"
    file.write_text(
        "from hpobench.api import *\nprint('I RAN')\n"
        "class Loud(TabulatedProblem):\n    name = 'loud'\n"
    )
    output = invoke("list", "problems", "--plugin", str(file))
    assert "\nloud " in output
    assert "I RAN" not in output


def test_suites() -> None:
    assert any(row[0] == "smoke" for row in rows(invoke("list", "suites")))


def test_compatibility_has_a_footnote_for_every_number(tiny: str) -> None:
    output = invoke("list", "compatibility", "--plugin", tiny)
    assert max(map(len, output.splitlines())) <= 80
    table, takes, notes = output.split("\n\n")
    used = set()
    for line in table.splitlines()[1:]:
        _, mark, *_ = re.split(r"\s{2,}", line)
        used |= set(re.findall(r"\d+", mark))
    assert re.findall(r"^\((\d+)\)", notes, flags=re.MULTILINE) == sorted(used, key=int)
    assert ["nothing", "dehb"] in rows(takes)


def test_compatibility_is_the_matrix(tiny: str) -> None:
    facts = json.loads(invoke("list", "compatibility", "--json", "--plugin", tiny))
    levels = {(one["searcher"], one["scheduler"]): one for one in facts["algorithms"]}
    assert (levels["tiny", "whole"]["level"], levels["tiny", "whole"]["notes"]) == ("ok", [])
    assert levels["dehb", "fifo"]["level"] == "refused"
    assert facts["takes"]["smac-rf"] == ["points", "history", "prior"]
    assert facts["takes"]["tiny"] is None
    text = " ".join(invoke("list", "compatibility").split())
    assert "fifo refused" in text
    assert "dehb, neps-priorband, smac-hyperband ok all others" in text


def test_plan_shows_the_grid_what_is_skipped_and_the_cost(tmp_path: Path) -> None:
    lines = {2: "searchers: [tiny, flat]", 3: "schedulers: [whole, halves]"}
    lines[4] = "problems: [{bowl: {dimension: 2}}, stairs, absent]"
    output = invoke("plan", str(write_suite(tmp_path, lines)))
    assert output.startswith("suite base: 2 searchers x 2 schedulers x 3 problems x 2 seeds")
    table = rows(output)
    assert ["bowl[dimension=2]", "4", "4", "trials", "5", "5", "5", "1", "s"] in table
    assert ["stairs", "4", "8", "trials", "5", "5", "45", "11", "s"] in table
    assert "\n  searchers: all\n  schedulers: halves\n  problems: bowl[dimension=2]\n" in output
    assert max(len(line) for line in output.splitlines()) <= 80
    output = " ".join(output.split())
    skipped = "2 combinations: the scheduler decides between steps, and the problem has only one"
    assert f"{skipped} searchers: all" in output
    assert "4 combinations: problem absent: its data is not here; fetch it" in output
    assert "12 cells: at most about 60 trials, 380 results and" in output


def test_plan_shows_what_each_number_of_workers_costs(tmp_path: Path) -> None:
    output = invoke("plan", str(write_suite(tmp_path, {6: "workers: [1, 5]"})))
    assert "x 2 seeds (0-1), 1, 5 workers, virtual stage" in " ".join(output.split())
    table = rows(output)
    assert ["bowl[dimension=2]", "1", "2", "trials", "5", "5", "5", "5", "s"] in table
    assert ["bowl[dimension=2]", "5", "2", "trials", "5", "5", "5", "1", "s"] in table
    assert "4 cells: at most about 20 trials, 20 results and 12 s of virtual clock" in output


def test_plan_warns_of_cells_that_would_not_end(tmp_path: Path) -> None:
    assert (
        "warning: bowl[dimension=2] with 4 workers: a cell may have 345,600,000 trials, and a cell "
        "ends at 1,000,000; 2.47e+05 s would fit (docs/limits.md)"
    ) in invoke("plan", str(write_suite(tmp_path, {7: "budget: {time: 1000 d}"})))


def test_plan_says_how_long_it_takes_here(tmp_path: Path) -> None:
    file = str(write_suite(tmp_path, {2: "searchers: [tiny, optuna-tpe]"}))
    facts = json.loads(invoke("plan", file, "--json"))
    trials = facts["cells"] * 5
    thinking = thinking_of_searchers(read_archive(shipped()))["optuna-tpe"]
    # A result takes a millisecond, and half of the trials are optuna-tpe's.
    due = (trials * 0.001 + trials / 2 * thinking) / cpus_here()
    assert facts["real_time"]["seconds"] == pytest.approx(due)
    assert (facts["real_time"]["unmeasured"], facts["most"]["trials"]) == (["tiny"], trials)
    last = " ".join(invoke("plan", file, "-q").splitlines()[1:])
    assert last.startswith("real time: about a minute here, on ")
    assert last.endswith("; without the thinking of tiny, which the evidence has not measured")


def test_options_about_a_run_are_not_for_a_dry_one(tmp_path: Path) -> None:
    file = str(write_suite(tmp_path))
    for option in ("-q", "-v", "--json", "--open"):
        result = CliRunner().invoke(cli, ["run", file, "--dry-run", option])
        assert isinstance(result.exception, UsageError)


def test_plan_of_many_seeds(tmp_path: Path) -> None:
    """A million took more than 100 s; this takes less than one."""
    output = invoke("plan", str(write_suite(tmp_path)), "--seeds", "20000")
    assert "20,000 cells: at most about 100,000 trials" in output


def test_plan_takes_seeds_a_glob_and_plugins(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {2: "searchers: [tiny, flat]", 8: "# no plugins"})
    args = ["--plugin", str(tmp_path / "tiny.py"), "--seeds", "3-5", "--only", "flat/*"]
    output = invoke("plan", str(file), *args)
    assert "x 3 seeds" in output
    assert "\n3 cells: " in output


def test_the_smoke_suite_is_planned() -> None:
    assert "suite smoke:" in invoke("plan", "smoke")


def test_tables_on_a_terminal_leave_brackets_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show(("problem", "cells"), [("bowl[dimension=2]", "[bold]4[/bold]")])
    output = capsys.readouterr().out
    assert "bowl[dimension=2]" in output
    assert "[bold]4[/bold]" in output
    assert "\N{BOX DRAWINGS LIGHT HORIZONTAL}" in output

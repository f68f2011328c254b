"""Programs of several languages as searchers, and what becomes of those that misbehave."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import pytest

from hpobench.algorithms.searchers.command import Command
from hpobench.api import Exhausted, Fidelity, Float, NothingYet, Searcher, Space
from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import CellError, NotAvailableError, SuiteError, UsageError
from hpobench.plugins.building import build_searcher
from hpobench.plugins.options import resolve
from hpobench.plugins.registry import Registry
from hpobench.running.cells.run_cell import run_cell
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite
from hpobench.testing.conformance import checks_of
from hpobench.testing.driving import SPACES, loss_of, propose_in_turn
from hpobench.testing.plugin_check import judge

HERE = Path(__file__).parent
LINE = Space([Float("x", 0.0, 1.0)])


@contextlib.contextmanager
def building(folder: Path, space: Space = LINE, **options: object) -> Iterator[Searcher]:
    """The searcher as a cell of a suite in ``folder`` gets it."""
    entry = Registry().find("searcher", "command")
    resolved, faults = resolve(entry.load(), options)
    assert not faults
    places = (str(entry.file), entry.cls, str(folder))
    ref = PluginRef("searcher", "command", "mine", resolved, *places)
    with contextlib.closing(build_searcher(ref, space, 0, Fidelity())) as searcher:
        yield searcher


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., list[str]]:
    """Makes a shell script of what it does with each message, ``$message``."""

    def make(answer: str) -> list[str]:
        file = tmp_path / "program"
        file.write_text(f"#!/bin/sh\nwhile read -r message; do\n{answer}\ndone\n")
        file.chmod(0o755)
        return ["./program"]

    return make


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("compiled")
    source = HERE / "command_searcher.cpp"
    subprocess.run(["g++", "-O1", "-Wall", "-Werror", "-o", folder / "es", source], check=True)
    return folder


# -- languages -----------------------------------------------------------------------------


def test_a_cpp_program_conforms(compiled: Any) -> None:
    entry = Registry().find("searcher", "command")
    checks = checks_of(entry, {"run": ["./es"]}, compiled, patience=2, trials=30)
    results = {check.name: judge(check, 60) for check in checks}
    assert {r.text for r in results.values() if r.status == "failed"} == set()
    assert results["proposals"].status == "ok"
    assert "does not take them" in results["conditions"].text


def test_a_cpp_program_learns(compiled: Any) -> None:
    space, rng = SPACES["mixed"], Random(0)
    with building(compiled, space, run=["./es"]) as searcher:
        proposed = propose_in_turn(searcher, space, 200)
    by_chance = mean(loss_of(space, space.sample(rng)) for _ in range(1000))
    assert mean(loss_of(space, config) for config in proposed[100:]) < 0.7 * by_chance


def test_a_shell_script_proposes_a_list_and_is_exhausted(tmp_path: Path) -> None:
    rng = Random(0)
    listed = [SPACES["mixed"].sample(rng) for _ in range(5)]
    (tmp_path / "list.jsonl").write_text("".join(f"{json.dumps(config)}\n" for config in listed))
    run = ["sh", str(HERE / "command_searcher.sh"), "list.jsonl"]
    with building(tmp_path, SPACES["mixed"], run=run) as searcher:
        assert propose_in_turn(searcher, SPACES["mixed"], 9) == listed
        with pytest.raises(Exhausted, match="the list is through"):
            searcher.ask(5)


# -- the conversation ----------------------------------------------------------------------


def test_what_is_said(script: Any, tmp_path: Path) -> None:
    answer = 'echo "$message" >> said; echo \'{"config": {"x": 0.5}}\''
    with building(tmp_path, run=script(answer), cost_aware=True) as searcher:
        assert searcher.ask(0) == {"x": 0.5}
        searcher.charged(0, 2.5)
        searcher.tell(0, 1, 1e30, final=True)
        for notice in ("failed", "dropped", "paused", "resumed"):
            getattr(searcher, notice)(0)
        assert searcher.cost_aware
    begin, *said = map(json.loads, (tmp_path / "said").read_text().splitlines())
    assert begin == {
        "begin": {
            "space": [{"kind": "float", "name": "x", "low": 0.0, "high": 1.0, "log": False}],
            "seed": 0,
            "fidelity": {"name": "evaluation", "steps": 1, "unit": 1.0},
        }
    }
    assert said == [
        {"ask": 0},
        {"charged": 0, "seconds": 2.5},
        {"tell": 0, "step": 1, "loss": 1e30, "final": True},
        *({notice: 0} for notice in ("failed", "dropped", "paused", "resumed")),
    ]


def test_only_a_program_that_says_so_is_asked_to_adopt(script: Any, tmp_path: Path) -> None:
    note = 'echo "$message" >> said;'
    unknowing = script(f"{note} case $message in *adopt*) exit 1;; *) echo '{{}}';; esac")
    with building(tmp_path, run=unknowing) as searcher:
        assert not searcher.adopt(0, {"x": 0.5})
    answers = [
        f"case $message in *{asked}*) echo '{{{answer}}}';; *) "
        for asked, answer in (
            ("begin", '"adopts": true'),
            ("0.5", '"adopted": true'),
            ("0.7", '"adopted": false'),
        )
    ]
    knowing = script(f"{note} {''.join(answers)} echo '{{}}';; esac;; esac;; esac")
    with building(tmp_path, run=knowing) as searcher:
        assert searcher.adopt(0, {"x": 0.5})
        assert not searcher.adopt(1, {"x": 0.7})
        assert not searcher.adopt(1, {"x": 0.9})
        searcher.tell(0, 1, 0.25, final=True)
    said = list(map(json.loads, (tmp_path / "said").read_text().splitlines()))
    assert said[2:4] == [{"adopt": 0, "config": {"x": 0.5}}, {"adopt": 1, "config": {"x": 0.7}}]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("echo oh dear >&2; exit 3", "at its start: its process ended: exit code 3.*oh dear"),
        ("echo nonsense", "at its start: answered 'nonsense', no JSON object"),
        ("""echo '{"error": "no, thanks"}'""", "at its start: no, thanks"),
    ],
)
def test_programs_that_do_not_start(script: Any, tmp_path: Path, answer: str, told: str) -> None:
    with (
        pytest.raises(CellError, match=f"(?s)program, {told}"),
        building(tmp_path, run=script(answer)),
    ):
        pass


def test_a_program_that_answers_twice(script: Any, tmp_path: Path) -> None:
    answer = r"""case $message in *tell*) printf '{}\n{}\n';; *) echo '{}';; esac"""
    with building(tmp_path, run=script(answer)) as searcher:
        searcher.tell(0, 1, 0.5, final=True)
        time.sleep(0.2)  # the second one is on its way
        with pytest.raises(CellError, match=r"tell\(1\): answered '{}\\n' before it was spoken to"):
            searcher.tell(1, 1, 0.5, final=True)


def test_what_was_printed_before_an_answer_is_told_with_it(script: Any, tmp_path: Path) -> None:
    answer = """case $message in *ask*) seq 5000 >&2; echo THE END >&2
        echo '{"error": "no"}';; *) echo '{}';; esac"""
    for _ in range(20):
        with (
            building(tmp_path, run=script(answer)) as searcher,
            pytest.raises(CellError, match=r"(?s)no\n\nthe end of what .*\n5000\nTHE END$"),
        ):
            searcher.ask(0)


def test_a_program_that_does_not_start_in_time(script: Any, tmp_path: Path) -> None:
    with (
        pytest.raises(CellError, match=r"at its start: did not answer within 0.2 s"),
        building(tmp_path, run=script("sleep 3; echo '{}'"), timeout=0.2),
    ):
        pass


def test_a_program_that_does_not_answer(script: Any, tmp_path: Path) -> None:
    answer = "case $message in *begin*) echo '{}';; esac"
    with (
        building(tmp_path, run=script(answer), timeout=0.3) as searcher,
        pytest.raises(CellError, match=r"at ask\(0\): did not answer within 0.3 s"),
    ):
        searcher.ask(0)


def test_a_program_may_want_to_see_results_first(script: Any, tmp_path: Path) -> None:
    answer = """case $message in *ask*) echo '{"wait": true}';; *) echo '{}';; esac"""
    with building(tmp_path, run=script(answer)) as searcher, pytest.raises(NothingYet):
        searcher.ask(0)


def test_closing_ends_the_program(script: Any, tmp_path: Path) -> None:
    with building(tmp_path, run=script("echo $$ > pid; echo '{}'")):
        pid = int((tmp_path / "pid").read_text())
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists()


# -- in a suite ----------------------------------------------------------------------------


def suite_of(folder: Path, run: str, more: str = "") -> Path:
    file = folder / "suite.yaml"
    file.write_text(
        f"name: mine\nsearchers: [{{name: command, as: mine, run: {run}{more}}}]\n"
        "problems: [branin]\nseeds: 1\nbudget: {trials: 5}\n"
    )
    return file


def test_cells_run_it_there(compiled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (cell,) = build_plan(load_suite(suite_of(compiled, "[./es]"))).cells
    outcome = run_cell(cell, None)
    assert outcome.cell["status"] == "done", outcome.cell["error"]
    assert outcome.trials.num_rows == 5


def test_the_programs_content_is_part_of_a_cells_identity(script: Any, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "[./program]")
    ids = set()
    for answer in ("echo '{}'", "echo '{}'", "echo '{ }'"):
        script(answer)
        ids |= {cell.id for cell in build_plan(load_suite(suite)).cells}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("[../program]", "'../program' leaves the suite's folder"),
        ("[./missing]", "'./missing': no such file"),
        ("[]", "run is a program and its arguments"),
    ],
)
def test_impossible_programs_are_known_before_a_run(tmp_path: Path, run: str, told: str) -> None:
    with pytest.raises(SuiteError, match=rf"suite\.yaml:2: searchers\[0\].*{told}"):
        build_plan(load_suite(suite_of(tmp_path, run)))


def test_a_program_that_is_not_installed_is_not_available(tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError, match="PATH has no program 'nobody-has-this'"):
        Command(LINE, seed=0, fidelity=Fidelity(), run=["nobody-has-this"])
    with pytest.raises(UsageError, match="timeout must be positive"):
        Command(LINE, seed=0, fidelity=Fidelity(), run=["sh"], timeout=0)

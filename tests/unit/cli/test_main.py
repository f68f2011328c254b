"""The command line as a whole: verbs, errors, exit codes, what it imports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

import hpobench
from hpobench.__main__ import INTERRUPTED, UNEXPECTED, main
from hpobench.cli import SECTIONS, VERBS, Verbs, cli
from hpobench.contract import signals
from tests.support.command_line import python
from tests.support.present import present
from tests.support.tiny_plugins import write_suite

ROOT = Path(hpobench.__file__).parents[1]
HEAVY = ("ray", "pandas", "numpy", "optuna", "torch", "matplotlib", "scipy", "pyarrow")


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make every verb raise ``error``."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(Verbs, "get_command", lambda *_: click.Command("plan", callback=fail))


def test_help_names_every_verb_and_what_it_does() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for verb in ("list", "plan", "run", "status", "report"):
        assert re.search(rf"^  {verb}  +\S", result.output, re.MULTILINE)
    assert "progress" not in result.output


def test_help_begins_with_what_is_done_every_day() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    places = [output.index(f"\n{section}:\n") for section in SECTIONS]
    assert places == sorted(places)
    assert places[0] < output.index("\n  run ") < places[1]
    assert max(map(len, output.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("run sm", ["smoke"]),
        ("plan evidence-st", ["evidence-stopping", "evidence-stopping-workers"]),
        ("run ./mine", ["./mine"]),
        ("list searchers heb", ["hebo"]),
        ("list suites smo", ["smoke"]),
        ("rep", ["report"]),
    ],
)
def test_shells_complete_verbs_suites_and_names(words: str, found: list[str]) -> None:
    *args, incomplete = words.split()
    completed = ShellComplete(cli, {}, "hpobench", "_HPOBENCH_COMPLETE")
    assert sorted(item.value for item in completed.get_completions(args, incomplete)) == found


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_loads_and_has_help(verb: str) -> None:
    result = CliRunner().invoke(cli, [verb, "--help"])
    assert result.exit_code == 0
    assert f"cli {verb}" in result.output
    assert present(cli.get_command(click.Context(cli), verb)).name == verb


def test_version() -> None:
    told = python("-m", "hpobench", "--version").stdout
    assert told == f"hpobench, version {hpobench.__version__}\n"


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["--version"],
        ["list", "--help"],
        ["list", "searchers"],
        ["list", "schedulers"],
        ["list", "problems"],
        ["list", "suites"],
    ],
)
def test_looking_around_imports_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys\nfrom hpobench.__main__ import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print('LOADED', *sys.modules, file=sys.stderr)\n"
    )
    loaded = python("-c", code, *args).stderr.partition("LOADED ")[2].split()
    assert "click" in loaded
    assert [name for name in HEAVY if name in loaded] == []
    assert not any(name.startswith("hpobench.algorithms.") for name in loaded)


def test_errors_are_one_line_without_a_traceback(tmp_path: Path) -> None:
    file = write_suite(tmp_path, {2: "searchers: [tinny]"})
    done = python("-m", "hpobench", "plan", file, cwd=tmp_path, code=2)
    assert done.stdout == ""
    expected = f"error: {file}:2: searchers[0]: unknown searcher 'tinny'; did you mean tiny?\n"
    assert done.stderr == expected


def test_an_unknown_verb(says: Any) -> None:
    told = "error: unknown command 'rnu'; did you mean run?\n"
    assert says("rnu", code=2).err == told
    told = "error: unknown command 'compat'; did you mean compatibility?\n"
    assert says("list", "compat", code=2).err == told


def shell(command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = ["bash", "-c", f'"{sys.executable}" -m hpobench {command}']
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("args", ["list problems", "list suites", "plan smoke", "--help"])
@pytest.mark.parametrize(
    ("where", "message"),
    [
        (">&-", "error: standard output is closed; send it to /dev/null to discard it\n"),
        ("> /dev/full", "error: cannot write to standard output: No space left on device\n"),
    ],
)
def test_output_that_cannot_be_written(args: str, where: str, message: str) -> None:
    done = shell(f"{args} {where}")
    assert (done.returncode, done.stderr) == (1, message)


@pytest.mark.parametrize(
    "args", [["plan"], ["plan", "--nope"], ["list", "nope"], ["report", "x" * 4000]]
)
def test_misuse_has_exit_code_2(args: list[str], says: Any) -> None:
    assert "Traceback" not in says(*args, code=2).err


def test_an_interrupt_ends_with_130_as_two_do(monkeypatch: pytest.MonkeyPatch, says: Any) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    before = {number: signal.getsignal(number) for number in signals.ENDING_SIGNALS}
    try:
        assert says("plan", code=INTERRUPTED) == ("", "\ninterrupted\n")
        for number in before:
            os.kill(os.getpid(), number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def as_process(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """``source`` run by ``python -m`` with the argument ``plan``."""
    (folder / "started.py").write_text(source)
    return python("-m", "started", "plan", cwd=folder, code=None)


COMMAND = """
import os
import click
from hpobench.__main__ import command
from hpobench.cli import Verbs
Verbs.get_command = lambda *_: click.Command("plan", callback=plan)
"""


def test_an_interrupt_in_code_made_from_text_ends_with_130(tmp_path: Path) -> None:
    # `python -m` kills itself after that, though it was caught.
    source = f"""{COMMAND}
def plan():
    exec("raise KeyboardInterrupt")

command()
"""
    done = as_process(tmp_path, source)
    assert (done.returncode, done.stderr) == (INTERRUPTED, "\ninterrupted\n")


@pytest.mark.parametrize(("end", "code"), [("pass", 0), ("raise SystemExit(3)", 3)])
def test_a_crash_at_the_end_keeps_the_exit_code(end: str, code: int, tmp_path: Path) -> None:
    source = f"""{COMMAND}
import atexit
class Crashing:
    def __del__(self):
        os.abort()

crashing = Crashing()

def plan():
    atexit.register(print, "ended")
    print("planned", end=" ")
    {end}

command()
"""
    done = as_process(tmp_path, source)
    assert (done.returncode, done.stdout, done.stderr) == (code, "planned ended\n", "")


def test_a_fault_of_ours_says_how_to_see_more(monkeypatch: pytest.MonkeyPatch, says: Any) -> None:
    monkeypatch.delenv("HPOBENCH_TRACEBACK", raising=False)
    failing(monkeypatch, ZeroDivisionError("by nought"))
    err = says("plan", code=UNEXPECTED).err
    assert err.startswith("error: ZeroDivisionError: by nought\n")
    assert "HPOBENCH_TRACEBACK=1" in err
    monkeypatch.setenv("HPOBENCH_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["plan"])


def test_exit_codes_of_verbs_pass_through(monkeypatch: pytest.MonkeyPatch, says: Any) -> None:
    failing(monkeypatch, SystemExit(1))
    says("plan", code=1)


def test_a_reader_that_goes_away_hears_nothing_more() -> None:
    done = shell("list problems | true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

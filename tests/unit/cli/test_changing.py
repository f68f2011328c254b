"""``--searchers``, ``--add``, ``--budget`` and the like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from hpobench.cli.changing import changing_options
from tests.support.command_line import invoke
from tests.support.tiny_plugins import write_suite


def given(*args: str) -> dict[str, Any]:
    """What a verb is given for these options."""
    found: dict[str, Any] = {}

    @click.command()
    @click.argument("suite", required=False)
    @changing_options
    def verb(**rest: Any) -> None:
        found.update(rest)

    result = CliRunner().invoke(verb, ["some", *args], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    assert found["suite"] == "some"
    return {**found["changes"].keys, **({"add": a} if (a := found["changes"].add) else {})}


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a,b", ["a", "b"]),
        ("a:x=1,y=word,b", [{"a": {"x": 1, "y": "word"}}, "b"]),
        ("a:x=[1,2],y=true", [{"a": {"x": [1, 2], "y": True}}]),
        ('a:x={"k": "1,]"},as=b', [{"a": {"x": {"k": "1,]"}, "as": "b"}}]),
        ("bbob:function=1-24", [{"bbob": {"function": "1-24"}}]),
        ("a:run=x=y", [{"a": {"run": "x=y"}}]),
    ],
)
def test_entries(text: str, entries: list[Any]) -> None:
    assert given("--problems", text) == {"problems": entries}
    assert given("--add", text, "--add", "z") == {"add": [*entries, "z"]}


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("50", {"evaluations": 50}),
        ("2.5", {"evaluations": 2.5}),
        ("1h", {"time": 3600.0}),
        ("90s", {"time": 90.0}),
        ("trials=100", {"trials": 100}),
        ("trials=100,time=1h", {"trials": 100, "time": "1h"}),
    ],
)
def test_budgets(text: str, budget: dict[str, Any]) -> None:
    assert given("--budget", text) == {"budget": budget}


def test_workers_starts_and_names() -> None:
    options = ("--workers", "1,4", "--start", '{"portfolio": 3}', "--name", "mine")
    assert given(*options) == {"workers": [1, 4], "start": {"portfolio": 3}, "name": "mine"}


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--searchers", "a,,b", "'' in 'a,,b' is not NAME"),
        ("--searchers", "", "'' in '' is not NAME"),
        ("--searchers", "x=1", "'x=1' in 'x=1' is not NAME"),
        ("--searchers", "a:x", "'x' is not KEY=VALUE"),
        ("--searchers", "a:x=1,x=2", "'x' is given twice"),
        ("--budget", "soon", "give evaluations"),
        ("--budget", "=3", "not KEY=VALUE"),
    ],
)
def test_what_is_refused(option: str, text: str, message: str) -> None:
    with pytest.raises(click.BadParameter, match=message):
        given(option, text)


def test_plan_and_dry_runs_show_the_changed_suite(tmp_path: Path) -> None:
    suite = write_suite(tmp_path)
    options = ("--add", "random:as=more", "--seeds", "3", "--workers", "2", "--name", "other")
    for verb in (["plan"], ["run", "--dry-run"]):
        output = invoke(*verb, str(suite), *options)
        assert output.startswith("suite other: ")
        assert "x 3 seeds (0-2), 2 workers" in output
        assert ", more\n" in output


def test_a_suite_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--searchers", "random,sobol", "--problems", "branin", "--budget", "5")
    output = invoke("plan", *options, "--seeds", "0,2-3,5,7,9,11,13-14")
    assert "suite adhoc: 2 searchers x 1 schedulers x 1 problems" in output
    assert "9 seeds (0, 2-3, 5, ..., 13-14)" in " ".join(output.split())
    assert list(tmp_path.iterdir()) == []


def test_half_a_suite_says_what_is_missing() -> None:
    assert "--budget and --problems missing" in invoke("run", code=2)
    assert "--budget missing" in invoke("plan", "--problems", "branin", code=2)

"""`--json`, `-q` and `-v` of every verb: one way to ask, and the same facts as in the text."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from hpobench.contract.cell import Cell
from hpobench.evidence.distilling import distilled
from hpobench.plugins.isolation.environments import Environment
from hpobench.recording.record import Recorded
from hpobench.running.proof.stage_agreement import CellHistories
from hpobench.verbs.bisection import Halving
from hpobench.verbs.progress import Display
from hpobench.verbs.reports import Report, status
from tests.ray.test_output import CASES as SLOW_CASES
from tests.support.cli_cases import NEVER, SMOKE, Case, check, commands, end, lay
from tests.support.security_table import HEADER, PLUGIN

COMMANDS = dict(commands())


def names(facts: Any) -> list[str]:
    return [one["name"] for one in facts]


def listed(facts: Any) -> str:
    return "\n".join(names(facts))


CASES = [
    *(
        Case(f"list {kind}", names, quiet=listed)
        for kind in ("searchers", "schedulers", "problems", "suites")
    ),
    Case("list searchers random", lambda facts: [facts["name"], facts["summary"][:30]]),
    Case("list compatibility", lambda facts: [facts["algorithms"][0]["scheduler"]]),
    Case("data list", names, quiet=listed),
    Case("data verify", lambda facts: ["no data set is there", *facts], quiet=lambda _: ""),
    Case(
        "env list",
        lambda facts: [*names(facts["environments"]), facts["folder"]],
        quiet=lambda facts: listed(facts["environments"]),
    ),
    Case("env clean", lambda facts: ["nothing to remove", *facts["removed"]], quiet=lambda _: ""),
    Case("new searcher fresh", lambda f: [f["file"], f["kind"]], quiet=lambda f: f["file"]),
    Case("new suite fresh", lambda f: [f["file"], f["kind"]], quiet=lambda f: f["file"]),
    Case("plan smoke", lambda f: [f["suite"], f["problems"][0]["problem"], f"{f['cells']} cells"]),
    Case("plan smoke --pilot stored", lambda f: [f["pilot"]["folder"], f["pilot"]["leader"]]),
    Case("status stored", lambda f: [f"{f['done']} done", f"{f['failed']} failed", *f["advice"]]),
    Case("verify stored", lambda f: [f["path"], "undamaged"], quiet=lambda f: "stored: undamaged"),
    Case("verify archive.parquet", lambda f: [f["path"], "undamaged"]),
    Case(
        "verify damaged",
        lambda f: [f["damage"][0]["path"], f["damage"][0]["reason"]],
        code=1,
        quiet=lambda f: "damaged: 1 damaged",
    ),
    Case("compare stored stored", lambda f: [f["headline"]], quiet=lambda f: f["headline"]),
    Case(
        "bisect smoke --searcher optuna-tpe --good 4.8.0 --bad 4.9.0",
        lambda f: [f["searcher"], f["bad"], f["good"], f["command"]],
        quiet=lambda f: f["sentence"],
    ),
    Case(
        "export stored --to latex out", lambda f: [f["format"], f["folder"]], quiet=lambda f: "out"
    ),
    Case("evidence make stored --into a", lambda f: [f["archive"], f["runs"]], quiet=lambda f: "a"),
    Case(
        "merge archive.parquet other.parquet --into both",
        lambda f: [f["archive"], f["runs"], f["repeated"]],
        quiet=lambda f: "both",
    ),
    Case("site out --evidence archive.parquet", lambda f: [f["page"], f["files"]]),
    Case("report stored", lambda f: [*f["advice"], f["page"]]),
    Case(
        "agreement tiny.yaml",
        lambda facts: (
            [one["cell"] for one in facts if not one["differences"]]
            + [f"{one['cell']}: {text}" for one in facts for text in one["differences"]]
        ),
        code=1,
        quiet=lambda facts: f"{facts[-1]['cell']}: {facts[-1]['differences'][0]}",
    ),
    Case(
        "problems record trained --plugin problem.py --sample 2 --out t.parquet",
        lambda f: [f["table"], f"{f['trials']} trials", f"{f['failed']} of them failed"],
        quiet=lambda f: f["table"],
    ),
    Case("env sync alone.py", lambda facts: [facts[0]["name"], facts[0]["state"]]),
    Case("portfolio", lambda facts: [one["problem"] for one in facts]),
    Case("portfolio glmnet --k 2", lambda facts: [f"alpha {facts[0]['alpha']:.4g}"]),
    Case(
        "problems freeze slope --plugin problem.py --sample 10",
        lambda f: [f"optimum {f['members']['']['optimum']:g}"],
    ),
    Case(
        "problems import trials.csv --metric loss --mode min --out t.parquet --suite raced.yaml",
        lambda f: [f"{f['trials']} trials", f["table"], f["suite"]],
        quiet=lambda f: "t.parquet",
    ),
    Case(
        "recommend --floats 2 --evaluations 9 --evidence archive.parquet",
        lambda facts: [f"Use {facts[0]['ranked'][0]['searcher']}", facts[0]["scheduler"]],
    ),
]


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long ends at once: figures, Ray, training, and environments that are built."""

    def compared(ray: Any, cells: Sequence[Cell]) -> Iterator[CellHistories]:
        for cell in cells:
            tuner = [(0, 1, 0.5)] if cell.id != cells[-1].id else []
            yield CellHistories(cell, {"live": [(0, 1, 0.5)], "tuner": tuner})

    def written(folder: Path, display: Display, *, anew: bool, figures: bool = False) -> Report:
        assert not figures
        answer = status(folder)[1]
        assert answer is not None
        report = Report(folder / "report" / "index.html", answer)
        display.answer(report.answer)
        display.note(f"report: {report.page}")
        return report

    for place, double in (
        ("hpobench.running.proof.stage_agreement.compare", compared),
        ("hpobench.running.cluster.connect.connected", lambda *_: contextlib.nullcontext()),
        ("hpobench.recording.record.record_table", lambda *_, **__: Recorded(2, 1, reused=False)),
        ("hpobench.verbs.reports.write_page", written),
        ("hpobench.plugins.isolation.environments.lock", lambda _: None),
        ("hpobench.verbs.bisection.running", lambda *_: contextlib.nullcontext()),
        ("hpobench.verbs.bisection.Bisection.find", lambda *_: Halving(["4.8.0", "4.9.0"])),
        ("hpobench.verbs.bisection.Bisection.compared", lambda *_: ("bad", "1 of 2 differ")),
    ):
        monkeypatch.setattr(place, double)
    monkeypatch.setattr(Environment, "built", lambda _: None)
    monkeypatch.setattr(Environment, "build", lambda _: SimpleNamespace(seconds=1.5))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("archive") / "archive.parquet"
    distilled(SMOKE).write(path)
    return path.read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.args)
def test_the_text_has_the_facts_of_the_json(
    case: Case, archive: bytes, nothing_runs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HPOBENCH_DATA", "HPOBENCH_ENVIRONMENTS", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    numbers = itertools.count()

    def laid() -> Path:
        (folder := tmp_path / f"{next(numbers)}").mkdir()
        lay(folder)
        (folder / "alone.py").write_text(HEADER + PLUGIN.replace('"trap"', '"alone"'))
        for name in ("archive.parquet", "other.parquet"):
            (folder / name).write_bytes(archive)
        if "damaged" in case.args:
            broken = (folder / "stored").rename(folder / "damaged")
            (shard := next(broken.glob("events-*.parquet"))).write_bytes(shard.read_bytes()[:-1])
        return folder

    check(case, laid, monkeypatch.chdir)


def test_every_verb_has_json_and_a_case() -> None:
    tried = {case.verb for case in (*CASES, *SLOW_CASES)}
    assert tried.isdisjoint(NEVER)
    assert tried | NEVER.keys() | {"data fetch"} == COMMANDS.keys()  # that is in test_data.py
    with_json = {verb for verb, command in COMMANDS.items() if "--json" in options(command)}
    assert with_json == COMMANDS.keys() - NEVER.keys()


def options(command: click.Command) -> dict[str, click.Parameter]:
    return {name: param for param in command.params for name in param.opts}


@pytest.mark.parametrize("verb", COMMANDS)
def test_the_options_mean_the_same_everywhere(verb: str) -> None:
    found = options(COMMANDS[verb])
    for short, long in (("-q", "--quiet"), ("-v", "--verbose")):
        assert found.get(short) is found.get(long)
    for name in ("--json", "-q", "-v"):
        assert name not in found or getattr(found[name], "is_flag", False)


@pytest.mark.parametrize("args", ["list searchers -q", "status nowhere -q", "compare a b -v"])
def test_only_one_of_them_is_taken(args: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(lay(tmp_path))
    words = args.replace("nowhere", "stored").replace("a b", "stored stored").split()
    code, out, err = end([*words, "--json"])
    assert (code, out) == (2, "")
    assert "give only one of --quiet, --verbose and --json" in err


SOLID = re.compile(r"/|^    \w+\.\w+\(.*\)$")
"""Paths, and code to be copied, which stay in one piece."""
LISTS = (
    *("list searchers", "list schedulers", "list problems", "list suites", "list compatibility"),
    *("list searchers hebo", "list problems xgboost", "data list", "env list", "portfolio"),
    *("--help", "run --help", "status stored", "recommend --floats 2 --evaluations 9"),
)


@pytest.mark.parametrize("args", LISTS)
def test_lists_fit_80_columns(args: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay(tmp_path / "laid"))
    monkeypatch.setenv("HPOBENCH_ENVIRONMENTS", str(tmp_path / "nothing"))
    _, out, _ = end(args.split())
    lines = [line for line in out.splitlines() if not SOLID.search(line)]
    assert lines
    assert [line for line in lines if len(line) > 80] == []


def test_standard_output_is_json_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(lay(tmp_path))
    code, out, err = end(["status", "nowhere", "--json"])
    assert (code, out) == (2, "")
    assert "no such folder" in err

"""The table of SECURITY.md, and traps that show whether it is true.

Every row of the table has its trial here, or a reason why it has none. A trial runs in a folder
where a plugin file, a program and a folder of results leave a mark when they are run.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

import hpobench
from hpobench.__main__ import _code
from hpobench.evidence.distilling import distilled
from hpobench.store.format import index
from hpobench.store.read.reader import load_plan
from tests import ROOT

PLUGIN = """\
import sys
from pathlib import Path

from hpobench.api import *

HERE = Path(__file__).parent
(HERE / "imported.mark").touch()


class Trap(Searcher):
    \"\"\"A searcher.\"\"\"

    name = "trap"

    def __init__(self, space, *, seed, fidelity):
        self.space = space

    def ask(self, trial):
        return self.space.from_unit([0.5] * len(self.space))

    def tell(self, trial, step, loss, *, final):
        pass


class Pit(TabulatedProblem):
    \"\"\"A problem.\"\"\"

    name = "pit"
    space = Space([Float("x", 0, 1)])

    def __init__(self, *, side: str = "left"):
        self.side = side

    @property
    def key(self):
        return self.side

    @classmethod
    def missing(cls):
        (HERE / "missing.mark").touch()

    @classmethod
    def members(cls):
        return [{"side": "left"}, {"side": "right"}]

    def curve(self, config, seed):
        return Curve([config["x"]], [1.0])

    def optimum(self):
        return 0.0, "known"


class Snare(Scheduler):
    \"\"\"A scheduler.\"\"\"

    name = "snare"
    needs_fidelity = False
    ends_trials = False

    def build(self, problem):
        from ray.tune.schedulers import FIFOScheduler

        return FIFOScheduler()
"""
SEARCHER = """\
#!/bin/sh
touch program.mark
while read -r message; do
    case $message in *ask*) echo '{"config": {"x": 0.5}}';; *) echo '{}';; esac
done
"""
TRAINER = """\
#!/bin/sh
touch program.mark
read -r task
echo '{"loss": 0.5}'
"""
SUITE = """{
name: trapped, searchers: [trap, {name: command, as: program, run: [./searcher]}],
schedulers: [snare], problems: [pit], workers: 1, seeds: 1, budget: {trials: 2},
plugins: [trap.py]
}"""
LIVE = """{
name: live, searchers: [random],
problems: [{name: command, run: [./trainer], space: {x: {float: [0, 1]}}}], stage: live,
workers: 1, seeds: 1, budget: {trials: 1}
}"""
HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = []\n# ///\n'


@dataclass(frozen=True)
class Row:
    """A row of the table, each cell as it is written."""

    verb: str
    plugins: str
    programs: str
    network: str
    writes: str


def rows() -> dict[str, Row]:
    """The table by its first column."""
    lines = (ROOT / "SECURITY.md").read_text().splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("| Verb |"))
    found = {}
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        verb, *rest = (cell.strip() for cell in line.strip("|").split(" | "))
        found[verb.strip("` ")] = Row(verb.strip("` "), *rest)
    return found


UNTRIED = {
    "paper": "runs the study for hours, and takes no plugin",
    "portfolio NAME --evaluate --plugin FILE": "asks the problem as --make, whose file it needs",
    "bisect SUITE": "installs releases; tests/env/isolation/test_releases.py has it",
    "data fetch NAME": "tests/unit/data has it, against a server of its own",
}

_TRAP = ["trap", "--plugin", "trap.py"]
_CHECK = ["check", "trap.py", "--only", "trap", "--patience", "0.1"]
_CHECK_PROGRAM = ["check", "command", "-o", 'run=["./searcher"]', "--patience", "0.1"]
_RECORD = [
    *("problems", "record", "pit", "--plugin", "trap.py"),
    *("--sample", "1", "--out", "pit.parquet", "--cpus", "1"),
]
_RECORD_PROGRAM = [
    *("problems", "record", "command", "-o", 'run=["./trainer"]'),
    *("-o", 'space={"x": {"float": [0, 1]}}', "--sample", "1"),
    *("--out", "table.parquet", "--cpus", "1"),
]
TRIALS: Mapping[str, Sequence[str] | Callable[[], object]] = {
    **{
        f"list {kind} --plugin FILE": ["list", kind, "--plugin", "trap.py"]
        for kind in ("searchers", "schedulers", "problems", "compatibility")
    },
    "list suites": ["list", "suites"],
    "plan SUITE": ["plan", "suite.yaml"],
    "plan SUITE --add NAME --plugin FILE": [
        *("plan", "smoke", "--add", "trap", "--plugin", "trap.py")
    ],
    "run SUITE --dry-run": ["run", "suite.yaml", "--dry-run"],
    "hpobench.plan(SUITE)": lambda: hpobench.plan("suite.yaml"),
    "hpobench.load_suite(SUITE)": lambda: hpobench.load_suite("suite.yaml"),
    "recommend SUITE": ["recommend", "suite.yaml"],
    "recommend --floats N": [
        *("recommend", "--floats", "2", "--evaluations", "9", "--settle", "settle.yaml")
    ],
    "recommend --trials STORAGE": [
        *("recommend", "--trials", "experiment", "--mode", "min", "--evaluations", "9")
    ],
    "hpobench.recommend(SUITE)": lambda: str(hpobench.recommend("suite.yaml")),
    "run SUITE": ["run", "suite.yaml", "--cpus", "1", "--no-report"],
    "agreement SUITE": ["agreement", "suite.yaml", "--cpus", "1", "--only", "program/*"],
    "check FILE": lambda: (_end_of(_CHECK), _end_of(_CHECK_PROGRAM)),
    "problems freeze NAME --plugin FILE": [
        *("problems", "freeze", "pit", "--plugin", "trap.py", "--sample", "10")
    ],
    "portfolio NAME --plugin FILE": ["portfolio", "xgboost", "--plugin", "trap.py"],
    "portfolio NAME --make --plugin FILE": ["portfolio", "pit", "--make", "--plugin", "trap.py"],
    "problems record NAME --plugin FILE": lambda: (_end_of(_RECORD), _end_of(_RECORD_PROGRAM)),
    "problems import STORAGE": [
        *("problems", "import", "experiment", "--mode", "min", "--out", "table.parquet"),
        *("--suite", "imported.yaml"),
    ],
    "report FOLDER": ["report", "stored"],
    "status FOLDER": ["status", "stored"],
    "verify FOLDER": ["verify", "stored"],
    "verify FOLDER --repair": lambda: _end_of_repair(),
    "verify FOLDER --sample N --plugin FILE": lambda: _end_of_sample(),
    "verify ARCHIVE": lambda: _code(["verify", _archive("archive.parquet")]),
    "verify ARCHIVE --sample N --plugin FILE": lambda: _end_of_archive_sample(),
    "merge FOLDERS": lambda: _end_of_merge(),
    "merge ARCHIVES": lambda: _end_of_archive_merge(),
    "evidence make FOLDER": ["evidence", "make", "stored", "--into", "out"],
    "evidence add SEARCHER --plugin FILE": lambda: _end_of_addition(),
    "site OUT FOLDER": lambda: _code(
        ["site", "out", "stored", "--evidence", _archive("archive.parquet")]
    ),
    "compare FOLDER FOLDER": [*("compare", "stored", "stored", "--markdown", "found.md")],
    "export FOLDER OUT": ["export", "stored", "--to", "latex", "out"],
    "hpobench.load(FOLDER)": lambda: hpobench.load("stored").failed,
    "hpobench.load(FOLDERS)": lambda: _load_two(),
    "hpobench.report(FOLDER)": lambda: hpobench.report(Path("stored").resolve()),
    "data list": ["data", "list"],
    "data verify": ["data", "verify"],
    "env list --plugin FILE": ["env", "list", "--plugin", "trap.py"],
    "env sync --plugin FILE": ["env", "sync", "alone.py"],
    "env sync SUITE": ["env", "sync", "suite.yaml"],
    "env clean --plugin FILE": ["env", "clean", "--plugin", "trap.py"],
    "new searcher NAME": ["new", "searcher", "fresh"],
    "new suite NAME": ["new", "suite", "fresh", "--searchers", "random"],
}
PLACES = {
    "FOLDER": "stored",
    "OUT": "out",
    "TABLE": "table.parquet",
    "TABLE.recording": "table.parquet.recording",
    "results/NAME": "results/trapped",
    "results/evidence-SEARCHER": "results/evidence-",
    "references/NAME.json": "references/pit.json",
    "portfolios/NAME.json": "portfolios/pit.json",
    "NAME.py": "fresh.py",
    "NAME.yaml": "fresh.yaml",
    "FILE.lock": "alone.py.lock",
    "--settle": "settle.yaml",
    "--suite": "imported.yaml",
    "--markdown": "found.md",
}
"""What stands for the names in the column of what is written."""


def try_row(verb: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the trial of the row ``verb`` and hold the row against what it did."""
    row, trial = rows()[verb], TRIALS[verb]
    lay_traps(folder)
    monkeypatch.chdir(folder)
    (home := folder.parent / "home").mkdir()
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "HPOBENCH_ENVIRONMENTS"):
        monkeypatch.setenv(name, str(home))
    before = _state(folder)
    with _network(monkeypatch) as used:
        if callable(trial):
            trial()
        else:
            assert _end_of(trial) == 0
    marks = {path.name for path in folder.rglob("*.mark")}
    assert bool({"imported.mark", "missing.mark"} & marks) == (row.plugins == "yes")
    if row.programs in ("yes", "no"):
        assert ("program.mark" in marks) == (row.programs == "yes")
    if row.network == "no":
        assert used == []
    _check_written(row, {path for path in _state(folder).items() if path not in before.items()})


def _end_of(command: Sequence[str]) -> object:
    """The exit code of a command."""
    try:
        return _code(command)
    except SystemExit as end:
        return end.code


def lay_traps(folder: Path) -> None:
    """Fill the new ``folder`` with a suite, its plugins and programs, and stored results."""
    folder.mkdir()
    (folder / "trap.py").write_text(PLUGIN)
    (folder / "alone.py").write_text(HEADER + PLUGIN.replace('"trap"', '"alone"'))
    (folder / "suite.yaml").write_text(SUITE)
    for name, text in {"searcher": SEARCHER, "trainer": TRAINER}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    _lay_experiment(folder / "experiment")
    shutil.copytree(ROOT / "results" / "reference" / "smoke", folder / "stored")
    for name in ("trap.py", "conftest.py", "sitecustomize.py", "suite.yaml"):
        text = SUITE if name.endswith("yaml") else PLUGIN
        (folder / "stored" / name).write_text(text)


def _lay_experiment(folder: Path) -> None:
    """A Ray Tune experiment in ``folder``, whose pickles leave a mark when they are loaded."""
    for i in range(2):
        (trial := folder / f"trial_{i}").mkdir(parents=True)
        (trial / "params.json").write_text(f'{{"x": {i}}}')
        (trial / "params.pkl").write_bytes(b"cos\nsystem\n(S'touch program.mark'\ntR.")
        (trial / "result.json").write_text(f'{{"loss": {i}.5, "training_iteration": 1}}\n')
        (trial / "trap.py").write_text(PLUGIN)


def _end_of_repair() -> object:
    """How a repair ends of stored results with a file that was shortened."""
    (shard := next(Path("stored").glob("events-*.parquet"))).write_bytes(shard.read_bytes()[:-1])
    return _end_of(["verify", "stored", "--repair"])


def _end_of_sample() -> object:
    """How cells end that run again, of a suite which has run before and left its marks."""
    _end_of(["run", "suite.yaml", "--results", "../elsewhere", "--no-report"])
    for mark in Path().rglob("*.mark"):
        mark.unlink()
    return _end_of(["verify", "../elsewhere/trapped", *("--sample", "9", "--plugin", "trap.py")])


def _load_two() -> object:
    """Results in two folders, loaded as one."""
    Path("stored", "suite.yaml").unlink()  # it is none that a run has stored
    return hpobench.load("stored", shutil.copytree("stored", "../more")).failed


def _end_of_merge() -> object:
    """How a merge ends of stored results that are the only part of their plan."""
    part = shutil.copytree("stored", "out/part")
    shard = {"number": 1, "count": 1, "combinations": 1}
    index.write_json(Path(part, index.PLAN), load_plan(Path(part)) | {"shard": shard})
    return _end_of(["merge", "out/part", "--into", "out/whole"])


def _archive(name: str) -> str:
    """An archive of the stored results, outside the folder that is watched."""
    path = Path("..", name)
    distilled(Path("stored")).write(path)
    return str(path)


def _end_of_archive_merge() -> object:
    return _end_of(["merge", _archive("one"), _archive("two"), "--into", "out"])


def _end_of_addition() -> object:
    """How a searcher of a plugin file and a program end that are added to the stored results."""
    _archive("archive.parquet")
    with _small_evidence():
        program = ["command", "--option", 'run=["./searcher"]']
        return [_end_of(["evidence", "add", *one]) for one in (_TRAP, program)]


def _end_of_archive_sample() -> object:
    """How runs of a plugin file end that run again, of an archive to which they were added."""
    _archive("archive.parquet")
    with _small_evidence():
        _end_of(["evidence", "add", *_TRAP, "--results", "../elsewhere", "--into", "../whole"])
        for mark in Path().rglob("*.mark"):
            mark.unlink()
        return _end_of(["verify", "../whole", *("--sample", "9", "--plugin", "trap.py")])


@contextlib.contextmanager
def _small_evidence() -> Iterator[None]:
    """A suite of one cell in place of the evidence's, and an archive of the stored results."""
    suite: dict[str, object] = {"name": "evidence", "searchers": ["random"], "seeds": 1}
    suite |= {"problems": ["branin"], "workers": 1, "budget": {"trials": 2}}
    archive = Path("..", "archive.parquet").resolve()
    with (
        patch("hpobench.evidence.archive.evidence_suites", lambda _=(): [suite]),
        patch("hpobench.evidence.archive.shipped", lambda: archive),
    ):
        yield


def _state(folder: Path) -> dict[str, int]:
    """The files below ``folder`` and when they were changed."""
    return {
        str(path.relative_to(folder)): path.lstat().st_mtime_ns
        for path in folder.rglob("*")
        if not path.is_dir() and "__pycache__" not in path.parts and path.suffix != ".mark"
    }


def _check_written(row: Row, changed: set[tuple[str, int]]) -> None:
    allowed = []
    for text in re.findall(r"`([^`]+)`", row.writes):
        head, slash, tail = text.partition("/")
        allowed.append(PLACES.get(text) or PLACES.get(head, head) + slash + tail)
    assert {name for name, _ in changed if not any(name.startswith(a) for a in allowed)} == set()
    if allowed:
        assert changed


@contextlib.contextmanager
def _network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Notes each address of the network that this process connects to or looks up."""
    used: list[object] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def noted_connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX:
            used.append(address)
        connect(self, address)  # type: ignore[arg-type]

    def noted_look_up(*args: object, **kwargs: object) -> object:
        used.append(args)
        return look_up(*args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", noted_connect)
        patch.setattr(socket, "getaddrinfo", noted_look_up)
        yield used

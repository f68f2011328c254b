"""What nobody should give a verb: it says what is wrong, where, and what to do, and does nothing.

Code 2 is for what the user can mend on the command line; 1 is for what went wrong on the way.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.cli_cases import commands, end, lay

NOWHERE = "no such folder (from "
PARENT = "there is no folder nowhere; make it first"
NO_RESULTS = "not a results folder (it has no plan.json)"
UNREADABLE = "/proc/self/mem"
"""A file that nobody can read, not even root."""

WRONG = {
    "agreement nowhere.yaml": "nowhere.yaml: no such file",
    "agreement empty": "empty: is a folder, not a suite file",
    "bisect smoke --searcher random --good 1.0 --bad 2.0": "names no library that it could have",
    "bisect smoke --searcher optuna-tpe --good x --bad 5.0.0": "'x' is no release; name one",
    "bisect smokee --searcher cma --good 4.0.0 --bad 4.4.0": "smokee",
    "check nowhere.py": "nowhere.py: no such plugin file",
    "check empty": "no plugin in it; a plugin is a class that derives from",
    "check rnadom": "did you mean random",
    f"check {UNREADABLE}": "mem: cannot be read: Input/output error",
    "compare nowhere stored": NOWHERE,
    "compare file stored": "not a folder; name the one that holds plan.json",
    "compare stored": "name two folders, or one folder and two of its algorithms",
    "compare stored stored --markdown nowhere/a.md": PARENT,
    "data fetch nobody": "unknown data set 'nobody'; known: ",
    "data fetch yahpo-lcbench --to file": "'file' is a file",
    "data fetch yahpo-lcbench --to s3://a/b": "is an address; name a path of this machine",
    "data verify nobody": "unknown data set 'nobody'; known: ",
    "env sync nowhere.py": "nowhere.py: no such plugin file",
    "env sync random": "needs no environment",
    "env list --plugin nowhere.py": "nowhere.py: no such plugin file",
    "env clean --plugin nowhere.py": "nowhere.py: no such plugin file",
    "evidence make nowhere --into a": NOWHERE,
    "evidence make stored --into nowhere/a": PARENT,
    "evidence make stored --into empty": "'empty' is a directory",
    "evidence add rnadom": "did you mean random",
    "evidence add random --into nowhere/a": PARENT,
    "evidence add random --results s3://a/b": "is an address; name a path of this machine",
    "evidence add random --suite nobody": "unknown suite of the evidence 'nobody'; known: ",
    "export nowhere --to latex out": NOWHERE,
    "export stored --to latex full": "full: is there already and not an empty folder",
    "export stored --to latex s3://a/b": "is an address; name a path of this machine",
    "list compatibility --plugin nowhere.py": "nowhere.py: no such plugin file",
    "list problems branni": "did you mean branin",
    "list schedulers ashha": "did you mean asha",
    "list searchers rnadom": "did you mean random",
    "list suites smokee": "did you mean smoke?",
    "merge nowhere --into a": NOWHERE,
    "merge empty --into a": NO_RESULTS,
    "merge file --into a": "name two or more different archives to merge",
    "merge stored --into file": "file: is a file; results are merged into a folder",
    "new searcher Bad_Name": "use lower case, digits and hyphens, like my-search",
    "new searcher random": "there is a searcher called 'random' already; take another name",
    "paper no-such-figure": "unknown figure 'no-such-figure'",
    "plan nowhere.yaml": "nowhere.yaml: no such file",
    "plan empty": "empty: is a folder, not a suite file",
    "plan smokee": "did you mean smoke?",
    "plan smoke --seeds x": "'x' is no seed; seeds are whole numbers from 0",
    "plan smoke --only nobody": "picks no cell; cells are called like",
    "plan smoke --pilot nowhere": NOWHERE,
    "plan smoke --pilot empty": NO_RESULTS,
    f"plan {UNREADABLE}": UNREADABLE,
    "portfolio nobody": "unknown portfolio 'nobody'; known: ",
    "portfolio glmnet --k 99999": "configurations, not 99999",
    "problems freeze branni": "did you mean branin",
    "problems freeze branin -o nope=1": "no member of the family has {'nope': 1}",
    "problems import nowhere --out a": "nowhere: there is no such file or folder",
    "problems import empty --out a": "what can be imported is an Optuna storage",
    "problems import file --out nowhere/a": PARENT,
    f"problems import {UNREADABLE} --out a": "mem: Input/output error",
    "problems record branni --out a --sample 1": "did you mean branin",
    "problems record branin --out s3://a/b --sample 1": "is an address; name a path",
    "recommend nowhere.yaml": "nowhere.yaml: no such file",
    "recommend --trials nowhere --evaluations 9": "nowhere: there is no such file or folder",
    "recommend --floats 2 --evaluations 9 --settle nowhere/a": PARENT,
    "recommend --floats 2 --evaluations 9 --evidence file": "is no archive of evidence, or is",
    f"recommend --space {UNREADABLE} --evaluations 9": UNREADABLE,
    "report nowhere": NOWHERE,
    "report file": "not a folder; name the one that holds plan.json",
    "report .": "holds the results of several runs; name one: stored",
    "run nowhere.yaml": "nowhere.yaml: no such file",
    "run smokee": "did you mean smoke?",
    "run smoke --results file": "file is a file; name a folder",
    "run smoke --results az://a/b": "or to s3:// or gs://",
    "run smoke --shard 9/2": "like 3/16",
    "run smoke --within never": "'never' is no time; write seconds",
    "site full": "full: holds 'a' and no earlier site",
    "site out nowhere": NOWHERE,
    "site out --evidence file": "is no archive of evidence, or is damaged",
    "status nowhere": NOWHERE,
    "status empty": NO_RESULTS,
    "status stored/copies": "a part of results; name stored",
    "verify nowhere": NOWHERE,
    "verify empty": NO_RESULTS,
    "verify file": "is no archive of evidence, or is damaged",
    "verify stored --seed 3": "are for --sample",
}

LATER = re.compile(f"import nowhere|--trials nowhere|import {UNREADABLE}")
"""What may be an address as well, so that only reading tells."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    laid = lay(tmp_path / "laid")
    (laid / "file").write_text("hi")
    for name in ("empty", "full", "stored/copies"):
        (laid / name).mkdir()
    (laid / "full" / "a").touch()
    monkeypatch.chdir(laid)
    for name in ("HPOBENCH_DATA", "HPOBENCH_ENVIRONMENTS", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    return laid


def state(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize("args", WRONG)
def test_the_error_says_what_where_and_what_to_do(args: str, folder: Path) -> None:
    before = state(folder)
    code, out, err = end(args.split())
    assert code == (1 if LATER.search(args) else 2)
    assert "Traceback" not in err
    assert WRONG[args] in " ".join(err.split())
    if "--pilot empty" not in args:  # the plan itself stands
        assert out == ""
    assert state(folder) == before


def test_every_verb_is_given_nonsense() -> None:
    given = {" ".join(args.split()[:2]) for args in WRONG}
    for verb in {verb for verb, _ in commands()} - {"data list"}:  # it takes nothing
        assert any(one == verb or one.startswith(f"{verb} ") for one in given), verb

"""Environments of searchers: locked, built once, removed when nobody asks for them."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hpobench.contract.errors import NotAvailableError, PluginError
from hpobench.plugins.isolation import environments as module
from hpobench.plugins.isolation.environments import Environment, lock
from hpobench.plugins.isolation.script import Script, read_script
from hpobench.plugins.registry import Registry
from tests.support.command_line import invoke, python
from tests.support.present import present
from tests.support.tiny_plugins import suite_file

HEADER = '# /// script\n# requires-python = ">=3.11"\n# dependencies = [{}]\n# ///\n'
PLUGIN = """
from hpobench.api import Searcher


class Mine(Searcher):
    \"\"\"Proposes nothing.\"\"\"

    name = "mine"

    def __init__(self, space, *, seed, fidelity): ...
    def ask(self, trial): return {}
    def tell(self, trial, step, loss, *, final): ...
"""


def write(folder: Path, *dependencies: str, name: str = "mine.py") -> Script:
    file = folder / name
    file.write_text(HEADER.format(", ".join(f'"{d}"' for d in dependencies)) + PLUGIN)
    return present(read_script(file))


@pytest.fixture
def script(tmp_path: Path, environments: Path) -> Script:
    """A plugin that needs one small package, locked."""
    made = write(tmp_path, "packaging==25.0")
    lock(made)
    return made


def test_a_file_without_a_header_needs_no_environment(tmp_path: Path) -> None:
    (file := tmp_path / "plain.py").write_text(PLUGIN)
    assert read_script(file) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# /// script\n# dependencies = [\n# ///\n", "not valid TOML"),
        (HEADER.format("") * 2, "2 '/// script' blocks"),
    ],
)
def test_a_header_that_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (file := tmp_path / "wrong.py").write_text(text + PLUGIN)
    with pytest.raises(PluginError, match=message):
        read_script(file)


def test_the_lock_says_what_is_in_it(script: Script) -> None:
    assert script.packages() == [("packaging", "25.0")]


def test_a_hash_knows_versions_not_spelling(script: Script) -> None:
    before = script.lock_hash()
    text = script.lock_file.read_text()
    script.lock_file.write_text(f"# a comment\n{text}")
    assert script.lock_hash() == before
    script.lock_file.write_text(text.replace("25.0", "25.1"))
    assert script.lock_hash() != before


@pytest.mark.parametrize("text", ["", "nonsense", "[[package]]\nname = 3\n"])
def test_a_lock_that_is_none(script: Script, text: str) -> None:
    script.lock_file.write_text(text)
    with pytest.raises(PluginError, match="not a lock file of uv"):
        script.packages()
    assert "not a lock file" in str(Environment(script).missing())


def test_a_file_that_is_not_locked_says_what_locks_it(tmp_path: Path, environments: Path) -> None:
    assert "hpobench env sync" in str(Environment(write(tmp_path)).missing())


def test_is_built_once_by_whoever_comes_first(script: Script) -> None:
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda _: Environment(script).build(), range(4)))
    assert len({b.seconds for b in built}) == 1
    assert built[0].versions == {"packaging": "25.0"}
    told = subprocess.run(
        [Environment(script).python, "-c", "import packaging; print(packaging.__version__)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "25.0\n"


def test_once_built_nothing_is_needed(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    Environment(script).build()
    monkeypatch.setattr(module, "find_uv", lambda: None)
    assert Environment(script).missing() is None
    assert Environment(script).build().versions == {"packaging": "25.0"}


def test_without_uv(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_uv", lambda: None)
    assert "pip install uv" in str(Environment(script).missing())
    with pytest.raises(NotAvailableError, match="needs uv"):
        Environment(script).build()


def test_one_that_cannot_be_built_remembers_why(script: Script, environments: Path) -> None:
    text = script.lock_file.read_text()
    script.lock_file.write_text(text.replace("25.0", "99.0"))
    with pytest.raises(NotAvailableError, match="uv sync failed"):
        Environment(script).build()
    reason = str(Environment(script).missing())
    assert "could not be built" in reason
    assert "the header and the lock do not fit" in reason
    script.lock_file.write_text(text)
    assert Environment(script).missing() is None


def test_a_build_that_was_cut_off_starts_again(script: Script) -> None:
    (environment := Environment(script)).build()
    (environment.folder / "built.json").unlink()
    shutil.rmtree(environment.folder / "env" / "lib")
    assert environment.build().versions == {"packaging": "25.0"}


def test_other_code_same_environment(script: Script) -> None:
    before = Environment(script).folder
    script.file.write_text(f"{script.file.read_text()}\n# more\n")
    assert Environment(present(read_script(script.file))).folder == before


def test_a_python_that_nobody_has(tmp_path: Path, environments: Path) -> None:
    made = write(tmp_path)
    lock(made)
    made.file.write_text(made.file.read_text().replace(">=3.11", "==3.99.*"))
    made.lock_file.write_text(made.lock_file.read_text().replace(">=3.11", "==3.99.*"))
    changed = present(read_script(made.file))
    with pytest.raises(NotAvailableError, match=r"3\.99"):
        Environment(changed).build()


# -- the command line ------------------------------------------------------------------------


def test_sync_locks_builds_and_is_done(tmp_path: Path, environments: Path) -> None:
    file = write(tmp_path, "packaging==25.0").file
    assert "mine: built in" in invoke("env", "sync", file)
    assert file.with_name("mine.py.lock").exists()
    assert "mine: was there" in invoke("env", "sync", "mine", "--plugin", file)
    assert "mine" in invoke("env", "list", "--plugin", file)


def test_sync_takes_what_list_shows(tmp_path: Path, environments: Path) -> None:
    file = write(tmp_path, "packaging==25.0", name="folder_of_mine.py").file
    for name in ("folder_of_mine", "mine"):
        assert "folder_of_mine: " in invoke("env", "sync", name, "--plugin", file)


def test_sync_tells_what_cannot_be_locked(tmp_path: Path, environments: Path) -> None:
    file = write(tmp_path, "packaging==99.0").file
    assert "packaging==99.0" in invoke("env", "sync", file, code=1)


def test_a_lock_that_is_none_stands_in_nobodys_way(script: Script, environments: Path) -> None:
    script.lock_file.write_text("nonsense")
    assert "not readable" in invoke("env", "list", "--plugin", script.file)
    assert invoke("env", "clean", "--plugin", script.file) == "nothing to remove\n"
    assert "not a lock file" in invoke("env", "sync", script.file, code=1)
    told: list[str] = []
    module.prepare([script], told.append)
    assert "not a lock file" in told[-1]


def test_a_header_changed_after_it_was_locked(script: Script) -> None:
    script.file.write_text(script.file.read_text().replace("25.0", "24.2"))
    changed = present(read_script(script.file))
    with pytest.raises(NotAvailableError, match=r"do not fit each other.*--upgrade"):
        Environment(changed).build()
    assert "--upgrade" in str(Environment(changed).missing())
    assert "built in" in invoke("env", "sync", "--upgrade", script.file)


def test_clean_removes_what_nobody_asks_for(script: Script, environments: Path) -> None:
    Environment(script).build()
    assert invoke("env", "clean", "--plugin", script.file) == "nothing to remove\n"
    assert invoke("env", "clean") == f"removed {Environment(script).folder.name}\n"
    assert Environment(script).built() is None


def test_clean_leaves_alone_what_it_did_not_make(script: Script, environments: Path) -> None:
    for name in ("my-data", "other-0123456789abcdef"):
        (environments / name).mkdir(parents=True)
        (environments / name / "precious").write_text("")
    (environments / "begun-0123456789abcdef").mkdir()
    assert invoke("env", "clean", "--all") == "removed begun-0123456789abcdef\n"


def test_suites_run_without_those_that_cannot_be_built(tmp_path: Path, environments: Path) -> None:
    file = write(tmp_path, "packaging==99.0").file
    keys = {"searchers": ["random", "mine"], "problems": ["branin"], "budget": {"trials": 3}}
    suite = suite_file(tmp_path, "some", **keys, plugins=["mine.py"])
    done = python("-m", "hpobench", "run", suite, "--no-report", "--cpus", "1", cwd=tmp_path)
    assert "the environment of mine is not available" in done.stderr
    assert "1 done" in done.stdout + done.stderr
    assert "not locked" in str(Registry([file]).find("searcher", "mine").missing())

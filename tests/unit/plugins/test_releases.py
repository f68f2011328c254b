"""Releases of a searcher's library: what they need, and what is no release."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import NotAvailableError, PluginError
from hpobench.plugins.isolation import releases
from hpobench.plugins.isolation.environments import FOLDER_VARIABLE, Environment
from hpobench.plugins.isolation.releases import (
    ReleaseScript,
    parse_release,
    release_objection,
    script_of,
)
from hpobench.plugins.modules import load_class

HERE = f"=={sys.version_info.major}.{sys.version_info.minor}.*"
PLUGIN = '''
from hpobench.api import Searcher


class Mine(Searcher):
    """Proposes nothing."""

    name = "mine"
    library = "Google_Vizier"
    requires = ("google-vizier[jax]>=0.1 ; python_version > '3'", "cmaes>=0.12")

    def __init__(self, space, *, seed, fidelity): ...
    def ask(self, trial): return {}
    def tell(self, trial, step, loss, *, final): ...
'''
HEADER = """# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "google-vizier[jax]==0.1.24",
#     "jax<0.6",
# ]
# [tool.uv]
# prerelease = "allow"
# ///
"""
LOCK = 'requires-python = ">=3.11"\n[[package]]\nname = "jax"\nversion = "0.5"\n'


def release_of(folder: Path, header: str = "", release: str = "0.1.2") -> ReleaseScript:
    (file := folder / "mine.py").write_text(header + PLUGIN)
    given = {"release": release}
    script = script_of(PluginRef("searcher", "mine", "mine", {}, str(file), "Mine", given=given))
    assert isinstance(script, ReleaseScript)
    return script


def needs(script: ReleaseScript) -> list[Requirement]:
    return list(map(Requirement, script.metadata["dependencies"]))


def test_a_searcher_of_this_process_gets_what_it_requires(tmp_path: Path) -> None:
    script = release_of(tmp_path)
    vizier, cmaes = needs(script)
    expected = ("google-vizier", {"jax"}, "==0.1.2")
    assert (vizier.name, vizier.extras, str(vizier.specifier)) == expected
    assert str(cmaes) == "cmaes>=0.12"
    assert (script.metadata["requires-python"], script.name) == (HERE, "mine@0.1.2")
    assert script.packages() == [("Google_Vizier", "0.1.2")]


def test_an_isolated_one_keeps_its_other_requirements_and_settings(tmp_path: Path) -> None:
    (tmp_path / "mine.py.lock").write_text(LOCK)
    script = release_of(tmp_path, HEADER)
    assert script.header == (
        "# /// script\n"
        f'# requires-python = "{HERE}"\n'
        '# dependencies = ["google-vizier[jax]==0.1.2", "jax<0.6"]\n'
        '# [tool.uv]\n# prerelease = "allow"\n# ///'
    )
    assert script.own is not None
    assert script.lock_hash() == script.own.lock_hash()


def test_each_release_has_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (lock := tmp_path / "mine.py.lock").write_text(LOCK)
    folders = {Environment(release_of(tmp_path, HEADER, r)).folder for r in ("0.1.2", "0.1.3")}
    lock.write_text(LOCK.replace("0.5", "0.4.1"))
    folders |= {Environment(release_of(tmp_path, HEADER)).folder}
    assert len(folders) == 3
    assert {folder.name.partition("-")[0] for folder in folders} == {"mine@0.1.2", "mine@0.1.3"}


def test_an_isolated_one_without_a_lock_says_what_locks_it(tmp_path: Path) -> None:
    script = release_of(tmp_path, HEADER)
    assert not script.locked
    assert "env sync" in str(Environment(script).missing())


def test_a_searcher_without_a_release_has_no_such_script(tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text(PLUGIN)
    assert script_of(PluginRef("searcher", "mine", "mine", {}, str(file), "Mine")) is None


@pytest.mark.parametrize(
    ("value", "release"),
    [("4.9.0", "4.9.0"), ("v5.0.0", "5.0.0"), ("2.0-rc1", "2.0rc1"), ("none", None), (None, None)],
)
def test_a_release_is_spelled_as_uv_does(value: object, release: str | None) -> None:
    assert parse_release(value) == release


@pytest.mark.parametrize("value", [4.1, 5, "latest", ">=4", "", ["4.9.0"], True])
def test_what_is_no_release(value: object) -> None:
    with pytest.raises(ValueError, match="is no release"):
        parse_release(value)


def test_a_searcher_without_a_library_has_no_releases(tmp_path: Path) -> None:
    (file := tmp_path / "mine.py").write_text(HEADER + PLUGIN.replace("Google_Vizier", "optuna"))
    cls: Any = load_class(str(file), "Mine")
    assert "does not ask for the searcher's library, optuna" in str(release_objection(cls, file))
    cls.library = ""
    expected = "the searcher names no library that it could have releases of"
    assert release_objection(cls, file) == expected


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "uv lock failed: error: No solution found\n  cause: Because there is no version of\n"
            "google-vizier[jax]==0.1.2 and you require it",
            "there is no release 0.1.2 of Google_Vizier",
        ),
        (
            "uv lock failed: error: Failed to build `a`\n  cause: exit status: 1\n[stderr]\nT",
            "Google_Vizier 0.1.2 cannot be installed here: uv lock failed: error: Failed to build "
            "`a` cause: exit status: 1",
        ),
        (
            "uv lock failed: there is no version of google-vizier==0.1.20",
            "Google_Vizier 0.1.2 cannot be installed here: uv lock failed: there is no version of "
            "google-vizier==0.1.20",
        ),
    ],
)
def test_why_a_build_failed_is_one_sentence(tmp_path: Path, message: str, reason: str) -> None:
    assert release_of(tmp_path).reason(message) == reason


def test_the_index_is_asked_for_the_next_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run_uv(*arguments: str, **_: str) -> str:
        asked.append(Path(arguments[-1]).read_text())
        if asked[-1].endswith("<1.1"):
            raise NotAvailableError("uv pip failed: No solution found when resolving")
        return f"some-lib=={'1.2' if asked[-1].endswith('<2.0') else '1.1'}\n"

    monkeypatch.setattr(releases, "run_uv", run_uv)
    assert releases.releases_between("some-lib", "1.0", "2.0") == ["1.1", "1.2"]
    # A post-release of 1.0 is not above it by PEP 440, but newer.
    assert asked == [f"some-lib>=1.0,!=1.0,<{high}" for high in ("2.0", "1.2", "1.1")]


@pytest.mark.parametrize(
    "message",
    [
        "uv pip failed: no route to host",
        "No solution found when resolving: Because some-lib was not found in the package\n"
        "registry and you require some-lib, your requirements are unsatisfiable.",
        "No solution found when resolving: Because some-lib was not found in the cache",
        "No solution found: packages were unavailable because the network was disabled",
    ],
)
def test_an_unreadable_index_is_an_error(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_uv(*_: str, **__: str) -> str:
        raise NotAvailableError(message)

    monkeypatch.setattr(releases, "run_uv", run_uv)
    with pytest.raises(NotAvailableError, match=re.escape(message)):
        releases.releases_between("some-lib", "1.0", "2.0")


def test_a_release_has_neither_the_marker_nor_the_address_of_the_header(tmp_path: Path) -> None:
    lines = (
        "google-vizier[jax]==0.1; python_version<'3.11'",
        "google-vizier[torch] @ https://localhost/vizier.whl",
    )
    (need,) = needs(release_of(tmp_path, f"# /// script\n# dependencies = {[*lines]}\n# ///\n"))
    assert str(need).lower() == "google-vizier[jax,torch]==0.1.2"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('dependencies = ["optuna =="]', "optuna"),
        ("dependencies = [3]", "dependencies must be a list of texts"),
        ('dependencies = "optuna"', "dependencies must be a list of texts"),
        ("requires-python = 3.11", "requires-python must be a text, not 3.11"),
        ('requires-python = "3.11"', "Invalid specifier"),
    ],
)
def test_a_faulty_header_is_a_fault_of_the_plugin(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=f"(?s)mine.py: its '/// script' block: .*{message}"):
        release_of(tmp_path, f"# /// script\n# {line}\n# ///\n")

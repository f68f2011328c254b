"""What all tests run in.

Ray without tokens, in this process, which starts Ray several times, and in what it starts. Ray
makes up its mind about tokens once a process, by the environment and by what lies in the home
folder, where `ray start` leaves a token; the servers that it starts read the environment again.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from _pytest.capture import CaptureResult

from hpobench import data
from hpobench.__main__ import main
from hpobench.data import catalogue
from hpobench.plugins.isolation import remote
from tests import ROOT
from tests.support.data_server import MadeData, entry, write_list
from tests.support.night import set_night

os.environ["RAY_AUTH_MODE"] = "disabled"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--night", action="store_true", help="full counts; see tests/support/night.py")


def pytest_configure(config: pytest.Config) -> None:
    set_night(config.getoption("night"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("night"):
        by_night = [item for item in items if item.get_closest_marker("night")]
        config.hook.pytest_deselected(items=by_night)
        items[:] = [item for item in items if not item.get_closest_marker("night")]


SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Callable[..., CaptureResult[str]]:
    """What ``hpobench ARGS`` prints, which ends with ``code``, or one of its own if None."""

    def call(*arguments: object, code: int | None = 0) -> CaptureResult[str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        assert (end.value.code or 0) in ((0, 1, 2) if code is None else (code,)), told
        return told

    return call


@pytest.fixture(scope="module", autouse=True)
def _no_searchers_left() -> Iterator[None]:
    """Processes that wait for a further run end with the tests that began them: others look for
    what their programs leave behind, as pytest itself does in the end."""
    yield
    remote.end_warm()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only data folder there is, which is not there yet."""
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "data"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 200 kB."""
    (folder := tmp_path / "small").mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=200k", "none", folder)
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("waits for root, who alone may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def data_set(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Finds the folder of a data set; skips where there is none."""
    if "HPOBENCH_DATA" not in os.environ and SHARED.is_dir():
        monkeypatch.setenv("HPOBENCH_DATA", str(SHARED))

    def find(name: str) -> Path:
        if reason := data.missing(name):
            pytest.skip(f"waits for {name}: {reason}")
        return data.find(name)

    return find


@pytest.fixture
def yahpo(data_set: Callable[[str], Path]) -> Path:
    """The folder of YAHPO's scenarios."""
    pytest.importorskip("onnxruntime")
    for name in ("lcbench", "rbv2-xgboost", "rbv2-rpart", "iaml-glmnet"):
        folder = data_set(f"yahpo-{name}")
    return folder.parent


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where tables are kept for this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hpobench" / "tables"


@pytest.fixture
def made_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> MadeData:
    """Puts files where those of a data set are looked for, and nothing else there."""
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))

    def put(name: str, files: Mapping[str, bytes]) -> Path:
        (folder := tmp_path / "made" / "up").mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        listed = write_list(tmp_path / "list.json", {name: entry(None, files, how="make it")})
        monkeypatch.setattr(catalogue, "LIST", listed)
        return folder

    return put

"""What all tests run in.

Ray without tokens, in this process, which starts Ray several times, and in what it starts. Ray
makes up its mind about tokens once a process, by the environment and by what lies in the home
folder, where `ray start` leaves a token; the servers that it starts read the environment again.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench.plugins.isolation import searcher

os.environ["RAY_AUTH_MODE"] = "disabled"


@pytest.fixture(scope="module", autouse=True)
def _no_searchers_left() -> Iterator[None]:
    """Processes that wait for a further run end with the tests that began them: others look for
    what their programs leave behind, as pytest itself does in the end."""
    yield
    searcher.end_warm()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only data folder there is, which is not there yet."""
    monkeypatch.setenv("HPOBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "data"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 200 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=200k", "none", folder)
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("waits for root, who alone may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)

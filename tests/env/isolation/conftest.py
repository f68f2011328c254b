"""Environments of their own for the tests of environments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench.plugins.isolation import remote
from hpobench.plugins.isolation.environments import FOLDER_VARIABLE


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that environments are built in, empty."""
    folder = tmp_path / "environments"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_processes_left() -> Iterator[None]:
    yield
    remote.end_warm()

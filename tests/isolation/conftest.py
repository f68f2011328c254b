"""Environments of their own for the tests of environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpobench.plugins.isolation import searcher
from hpobench.plugins.isolation.environments import FOLDER_VARIABLE


@pytest.fixture
def environments(tmp_path, monkeypatch) -> Path:
    """The folder that environments are built in, empty."""
    folder = tmp_path / "environments"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_processes_left():
    yield
    searcher.end_warm()

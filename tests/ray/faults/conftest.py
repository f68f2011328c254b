"""The log by which tests know the processes of their runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ray.faults.live_watch import survivors


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where steps are noted; the environment of all that runs names it, and none outlives it."""
    path = tmp_path / "steps.log"
    monkeypatch.setenv("CHAIN_LOG", str(path))
    yield path
    assert survivors(path) == []

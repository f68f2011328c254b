"""SECURITY.md says truly what the verbs that start Ray execute, read and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.night import night
from tests.support.security_table import try_row


@pytest.mark.parametrize(
    "verb",
    [
        "run SUITE",
        pytest.param("agreement SUITE", marks=night),
        "check FILE",
        "problems record NAME --plugin FILE",
        "verify FOLDER --sample N --plugin FILE",
        "verify ARCHIVE --sample N --plugin FILE",
        "evidence add SEARCHER --plugin FILE",
    ],
)
def test_the_row_is_true(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_row(verb, tmp_path / "place", monkeypatch)

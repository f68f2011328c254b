"""SECURITY.md says truly what the verbs that take longer execute, read and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.security_table import try_row


@pytest.mark.parametrize(
    "verb",
    [
        "report FOLDER",
        "hpobench.report(FOLDER)",
        "site OUT FOLDER",
        "problems freeze NAME --plugin FILE",
    ],
)
def test_the_row_is_true(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_row(verb, tmp_path / "place", monkeypatch)

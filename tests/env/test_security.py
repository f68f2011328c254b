"""SECURITY.md says truly what the verbs that build environments execute, read and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.security_table import try_row


@pytest.mark.parametrize("verb", ["env sync --plugin FILE"])
def test_the_row_is_true(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_row(verb, tmp_path / "place", monkeypatch)

"""Storages that never end, or take all memory, are given up with an error."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpobench.bridges.imports import importing
from hpobench.bridges.imports.importing import import_limited
from hpobench.bridges.imports.trials import Asked
from hpobench.contract.errors import StoreError
from tests.support.imported_trials import optuna_journal, optuna_study

ENDLESS = """
ALTER TABLE trial_values RENAME TO kept;
CREATE VIEW trial_values AS
    WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more)
    SELECT kept.* FROM kept, more;
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A study whose table of values is a view without an end."""
    optuna_study(f"sqlite:///{tmp_path / 'study.db'}", 2)
    connection = sqlite3.connect(tmp_path / "study.db")
    connection.executescript(ENDLESS)
    connection.close()
    return tmp_path / "study.db"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def given_up(storage: str | Path) -> str:
    with pytest.raises(StoreError, match="cannot be read") as caught:
        import_limited(str(storage), Asked(metric="loss", mode="min"))
    return str(caught.value)


def test_a_view_without_an_end_and_a_server_without_an_answer(
    database: Path, silent: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importing, "_READ_S", 6.0)
    monkeypatch.setattr(importing, "_SILENT_S", 1.0)
    for storage in (str(database), silent):
        assert "it took more than 6 s; import a copy that holds one study" in given_up(storage)
        assert f"reading {storage} takes longer than 1 s" in capfd.readouterr().err


def test_a_storage_that_takes_all_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    optuna_journal(tmp_path / "study.log", 2)
    with (tmp_path / "study.log").open("ab") as file:
        file.write(b"[" + b"0," * 2**26 + b"0]\n")
    monkeypatch.setattr(importing, "_READ_BYTES", 2**29)
    assert "memory" in given_up(tmp_path / "study.log").lower()

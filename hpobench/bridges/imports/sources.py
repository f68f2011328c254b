"""Which tool a storage is of, and its trials."""

from __future__ import annotations

import os
from pathlib import Path

from hpobench.bridges.imports import frames, mlflow_runs, optuna_storage, ray_folder
from hpobench.bridges.imports.trials import Asked, StoredTrials, copied, tables
from hpobench.contract.errors import StoreError, UsageError
from hpobench.contract.files import open_regular
from hpobench.store.format.disk import explained


def read_source(storage: str, asked: Asked) -> StoredTrials:
    """The trials of ``storage``, a path or the address of an MLflow server. Raises
    :class:`UsageError` if it is of no tool that is known, holds nothing, or needs a choice that
    ``asked`` lacks, and :class:`StoreError` if it is damaged."""
    if storage.startswith(("http://", "https://")):
        asked.check_columns("server")
        return mlflow_runs.read_server(storage, asked)
    path = Path(storage.removeprefix("sqlite:///"))
    if not path.exists():
        raise StoreError(f"{path}: there is no such file or folder")
    # The user's own path may be a link; what it leads to may not hold any.
    path = path.resolve()
    if not path.is_dir():
        return _file(path, asked)
    asked.check_columns("folder")
    if any(path.glob("*/meta.yaml")):  # MLflow keeps runs as files there
        return mlflow_runs.read_folder(path, asked)
    if ray_folder.trial_folders(path):
        return ray_folder.read_folder(path, asked)
    inner = [p.name for p in sorted(path.iterdir()) if p.is_dir() and ray_folder.trial_folders(p)]
    if inner:
        raise _foreign(path, f"holds experiments of Ray Tune: name one, like {inner[0]}")
    raise _foreign(path, "a folder without trials of Ray Tune and without runs of MLflow")


def _file(path: Path, asked: Asked) -> StoredTrials:
    with explained(path), os.fdopen(open_regular(path), "rb") as file:
        begin = file.read(4096)
    if not begin:
        raise _foreign(path, "an empty file")
    if begin.startswith(b"SQLite format 3\0"):
        asked.check_columns("database")
        with copied(path) as copy:
            found = tables(path, copy)
            if found >= optuna_storage.TABLES:
                return optuna_storage.read_database(path, copy, asked)
            if found >= mlflow_runs.TABLES:
                return mlflow_runs.read_server(f"sqlite:///{copy}", asked, str(path))
        has = f"with {', '.join(sorted(found)[:8])}" if found else "without tables"
        raise _foreign(path, f"a database of another tool, {has}")
    if optuna_storage.is_journal(begin):
        asked.check_columns("journal")
        return optuna_storage.read_journal(path, asked)
    first = begin.split(b"\n")[0]
    # JSON lines have commas, too.
    text = b"\0" not in begin and b"," in first and not first.lstrip().startswith((b"{", b"["))
    if begin.startswith(frames.PARQUET) or text:
        return frames.read_frame(path, asked)
    raise _foreign(path, "a file of a kind that is not known")


def _foreign(path: Path, what: str) -> UsageError:
    return UsageError(
        f"{path}: {what}; what can be imported is an Optuna storage (sqlite or journal file), the "
        "folder of a Ray Tune experiment, an MLflow database, folder or server, and CSV or parquet"
    )

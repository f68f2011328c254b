"""Copies of storages, which are read in their place: opening a database may change it.

Nothing is followed: links, pipes and devices are refused or passed over.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hpobench.bridges.imports.trials import MAX_BYTES
from hpobench.contract.errors import StoreError
from hpobench.contract.files import is_regular, open_regular
from hpobench.store.format.disk import explained

_JOURNALS = ("-wal", "-journal")
"""Suffixes of the files with what a database that was killed has not yet taken in, or out."""


@contextlib.contextmanager
def copied(path: Path) -> Iterator[Path]:
    """A copy of the file ``path`` in a temporary folder, with a database's journals."""
    with tempfile.TemporaryDirectory(prefix="hpobench-import-") as folder:
        target = Path(folder, "copy" + path.suffix)
        copy(path, target)
        for suffix in _JOURNALS:
            beside = path.with_name(path.name + suffix)
            if is_regular(beside):
                copy(beside, target.with_name(target.name + suffix))
        yield target


def copy(path: Path, target: Path) -> None:
    """Copy the regular file ``path``; raises :class:`StoreError`."""
    with explained(path), os.fdopen(open_regular(path), "rb") as source:
        if os.fstat(source.fileno()).st_size > MAX_BYTES:
            raise StoreError(
                f"{path}: has more than {MAX_BYTES:,} bytes; import a smaller one, for instance "
                "a copy of its last study"
            )
        with target.open("wb") as sink:
            shutil.copyfileobj(source, sink)


def tables(path: Path, copied_to: Path) -> set[str]:
    """The tables of the sqlite database ``path``, whose copy is looked at and must be whole."""
    try:
        with contextlib.closing(sqlite3.connect(copied_to)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {name for (name,) in rows}
    except (sqlite3.Error, ValueError) as error:  # it may say what is wrong in no text
        raise StoreError(
            f"{path}: a damaged or half-written sqlite database ({error}); if something writes to "
            "it now, wait until that is over, else restore it from a copy"
        ) from error

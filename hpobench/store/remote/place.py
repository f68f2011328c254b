"""Where results are: in a folder of this machine, or of an object store."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hpobench.contract.errors import UsageError

SCHEMES = ("s3://", "gs://")


def place_of(given: str | os.PathLike[str]) -> str | Path:
    """``given`` as the address of a folder in an object store, or as a path of this machine.
    Raises :class:`UsageError` for an address of another kind, which is no path."""
    if not isinstance(given, str) or "://" not in given:
        return Path(given)
    if not given.startswith(SCHEMES):
        raise UsageError(
            f"{given}: results go into a folder of this machine, or to {' or '.join(SCHEMES)}"
        )
    return given


def inside(results: str | Path, name: str) -> str | Path:
    """The folder ``name`` in the folder ``results``, on this machine or in an object store."""
    return f"{results.rstrip('/')}/{name}" if isinstance(results, str) else results / name


class Place:
    """A results folder, on this machine or in an object store, as a folder of this machine."""

    def __init__(self, given: str | Path) -> None:
        self.given = given
        self._remote = None
        if isinstance(given, str):
            from hpobench.store.remote.remote_folder import RemoteFolder  # it brings pyarrow

            self._remote = RemoteFolder(given)

    @property
    def folder(self) -> Path:
        """The folder itself, or its copy."""
        return self._remote.copy if self._remote else Path(self.given)

    def fetch(self, wanted: Callable[[str], bool] = lambda _: True) -> Path:
        """The folder, with what is ``wanted`` of it."""
        return self._remote.pull(wanted) if self._remote else self.folder

    def publish(self) -> None:
        """Bring what has changed to where it belongs."""
        if self._remote:
            self._remote.push()

"""Data sets on this machine: their folders, and whether their files are whole."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from hpobench.contract.errors import NotAvailableError
from hpobench.contract.wording import megabytes
from hpobench.data import catalogue
from hpobench.data.catalogue import Dataset

VARIABLE = "HPOBENCH_DATA"
RECORD = "record.json"
"""The file with the entry of a data set of OpenML, beside its table."""


def find(name: str) -> Path:
    """The folder that holds the files of the data set ``name``.
    Raises :class:`NotAvailableError` that says how to get them."""
    found = look(dataset(name))
    if found.state != "here":
        raise NotAvailableError(_reason(found))
    return found.folder


def missing(name: str) -> str | None:
    """The reason why the data set cannot be used and what to do, or ``None`` if it can.
    Only the sizes of the files are checked, not their contents."""
    try:
        find(name)
    except NotAvailableError as error:
        return str(error)
    return None


def fingerprint(name: str) -> str:
    """A hash of the contents of the data set's files, which a process reads once.
    Raises :class:`NotAvailableError` if they are missing or differ from the catalogue."""
    found = look(dataset(name))
    found = found._replace(faults=found.faults or verify(found.dataset, found.root))
    if found.faults:
        raise NotAvailableError(_reason(found))
    hashes = {path: file.sha256 for path, file in sorted(found.dataset.files.items())}
    return hashlib.sha256(repr(hashes).encode()).hexdigest()[:16]


def sha256(path: Path) -> str:
    """The SHA-256 of a file; raises :class:`NotAvailableError` if it cannot be read."""
    try:
        status = path.stat()
        return _sha256(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise NotAvailableError(f"{path}: {error.strerror or error}") from error


@functools.cache
def _sha256(path: Path, size: int, modified: int) -> str:  # noqa: ARG001 - the cache must miss for a changed file
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def roots() -> list[Path]:
    """The data folders in the order of the search: ``$HPOBENCH_DATA``, then the user's own.
    Fetched data goes into the first."""
    from platformdirs import user_data_path  # not needed by whoever names no data

    own = user_data_path("hpobench")
    given = os.environ.get(VARIABLE)
    return [Path(given).absolute(), own] if given else [own]


def dataset(name: str) -> Dataset:
    """The data set called ``name``. Raises :class:`UnknownNameError`, and
    :class:`NotAvailableError` for a set of OpenML that was not fetched."""
    if not catalogue.is_openml(name):
        return catalogue.listed(name)
    for root in roots():
        if (record := root / openml_folder(name) / RECORD).is_file():
            try:
                return catalogue.recorded(name, record)
            except NotAvailableError as error:
                again = f"`hpobench data fetch {name}` writes it anew"
                raise NotAvailableError(f"{error}; {again}") from None
    raise NotAvailableError(
        f"the data is not here; `hpobench data fetch {name}` brings it from "
        f"https://www.openml.org/d/{name.partition(':')[2]} into {roots()[0] / openml_folder(name)}"
    )


def openml_folder(name: str) -> str:
    """The folder of the data set ``name`` of OpenML, relative to a data folder."""
    return name.replace(":", "/")


def everything() -> list[Dataset]:
    """The listed data sets, and the fetched ones of OpenML by number."""
    numbers = {
        int(record.parent.name)
        for root in roots()
        for record in root.glob(f"openml/*/{RECORD}")
        if catalogue.is_openml(f"openml:{record.parent.name}")
    }
    fetched = [f"openml:{number}" for number in sorted(numbers)]
    return [dataset(name) for name in (*catalogue.names(), *fetched)]


class LocalDataset(NamedTuple):
    """The state of a data set in one data folder."""

    dataset: Dataset
    root: Path
    faults: Mapping[str, str]
    """What is wrong with its files, by their paths."""

    @property
    def folder(self) -> Path:
        return self.root / self.dataset.folder

    @property
    def state(self) -> Literal["here", "absent", "damaged"]:
        if not self.faults:
            return "here"
        there = any((self.folder / path).exists() for path in self.dataset.files)
        return "damaged" if there else "absent"

    @property
    def mending(self) -> str:
        """The command, or the instruction to a person, that brings missing or damaged files."""
        if self.dataset.url is None and not catalogue.is_openml(self.dataset.name):
            return f"{self.dataset.how} into {self.folder}"
        to = "" if self.root == roots()[0] else f" --to {self.root}"
        return f"`hpobench data fetch {self.dataset.name}{to}` brings it into {self.folder}"


def look(chosen: Dataset) -> LocalDataset:
    """The folder in which ``chosen`` is whole, or else is in part, or else would be put."""
    found = [LocalDataset(chosen, root, faults(chosen, root)) for root in roots()]
    order = {"here": 0, "damaged": 1, "absent": 2}
    return min(found, key=lambda one: order[one.state])


def faults(chosen: Dataset, root: Path) -> dict[str, str]:
    """The faults of the files of ``chosen`` in ``root`` that their sizes show, by path."""
    found = {}
    for path, file in chosen.files.items():
        place = root / chosen.folder / path
        if not place.is_file():
            found[path] = "is missing"
        elif (size := place.stat().st_size) != file.size:
            found[path] = f"has {size:,} bytes, not {file.size:,}"
    return found


def verify(chosen: Dataset, root: Path) -> dict[str, str]:
    """The faults of the files of ``chosen`` in ``root``, which are read, by path."""
    found = faults(chosen, root)
    for path, file in chosen.files.items():
        if path in found:
            continue
        try:
            if (digest := sha256(root / chosen.folder / path)) != file.sha256:
                found[path] = f"has the sha256 {digest}, not {file.sha256}"
        except NotAvailableError as error:
            found[path] = str(error)
    return found


def _reason(found: LocalDataset) -> str:
    chosen, what = found.dataset, "the data is not here"
    if found.state == "damaged":
        what = "; ".join(f"{found.folder / path} {text}" for path, text in found.faults.items())
    return (
        f"{what}; {found.mending} ({megabytes(chosen.size)}, {chosen.licence}, from "
        f"{chosen.source}; {VARIABLE} names another data folder)"
    )

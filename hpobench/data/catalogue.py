"""The catalogue of data sets: their authors, licences, origins, and the hashes of their files.

``problems/data/downloads.json`` lists them by name. The entry of a set of OpenML, ``openml:ID``,
lies in the data folder, where it is written when the set is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpobench.contract.errors import NotAvailableError, StoreError, UnknownNameError
from hpobench.contract.files import read_text
from hpobench.contract.package import PLUGIN_FOLDERS

LARGEST = 2**24
"""Bytes of a list of data sets, or of the entry of one."""
LIST = PLUGIN_FOLDERS["problems"] / "data" / "downloads.json"
_TEXTS = ("title", "licence", "citation", "source", "folder")
_SAFE = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
"""A relative path that stays below its folder, on any system."""
_LONGEST = 200
"""Characters of it, which every file system takes."""


@dataclass(frozen=True)
class File:
    """The size and hash that a file must have."""

    size: int
    """The number of bytes."""
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """A data set: files of one origin, below one folder of the data folder."""

    name: str
    title: str
    problems: tuple[str, ...]
    """The names of the problems that need it."""
    licence: str
    """An SPDX identifier, or the publisher's own words."""
    citation: str
    source: str
    """The page that describes it."""
    folder: str
    """The folder of its files, relative to the data folder."""
    files: Mapping[str, File]
    """The files by their paths in ``folder``."""
    url: str | None
    """The address to which the paths are appended; ``None`` if only a person can get the files."""
    how: str
    """The way in which a person gets the files."""
    archive: File | None = None
    """The zip archive that holds the files by the same paths, if ``url`` is its address."""

    @property
    def size(self) -> int:
        """The number of bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def downloads(self) -> Mapping[str, File]:
        """What is downloaded: the files by their paths, or the archive by the end of its address.
        The archive itself is not kept."""
        if self.url is None or self.archive is None:
            return self.files
        return {self.url.rpartition("/")[2]: self.archive}


def names() -> list[str]:
    """The names of the listed data sets, in the list's order."""
    return list(_read(LIST))


def listed(name: str) -> Dataset:
    """The listed data set ``name``.
    Raises :class:`UnknownNameError`, and :class:`NotAvailableError` if the list is damaged."""
    entries = _read(LIST)
    if name not in entries:
        raise UnknownNameError("data set", name, [*entries, "openml:ID"])
    return parse(name, entries[name], LIST)


def is_openml(name: str) -> bool:
    """Whether ``name`` is a data set of OpenML, like ``openml:61``."""
    return re.fullmatch("openml:[1-9][0-9]*", name) is not None


def recorded(name: str, file: Path) -> Dataset:
    """The data set that ``file`` describes, in the form of :func:`to_json`."""
    return parse(name, _read(file), file)


def to_json(dataset: Dataset) -> str:
    """The text that :func:`recorded` reads."""
    fields = {**vars(dataset), "files": {k: vars(v) for k, v in dataset.files.items()}}
    fields["archive"] = dataset.archive and vars(dataset.archive)
    del fields["name"]
    return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"


def parse(name: str, given: Any, file: Path) -> Dataset:
    """The entry ``name`` of ``file``; raises :class:`NotAvailableError` with the first fault."""
    try:
        return _dataset(name, given)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise NotAvailableError(f"{file}: the entry of {name} is malformed: {what}") from None


def _dataset(name: str, given: Any) -> Dataset:
    texts = {key: given[key] for key in _TEXTS}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{key} is {text!r}, which is not a text")
    files = {path: File(**fields) for path, fields in given["files"].items()}
    for path in (texts["folder"], *files):
        if len(path) > _LONGEST or not _SAFE.fullmatch(path):
            raise ValueError(f"{path[:_LONGEST]!r} is not a path below the data folder")
    archive = File(**given["archive"]) if given.get("archive") else None
    for path, file in [*files.items(), *([("archive", archive)] if archive else [])]:
        sound = isinstance(file.size, int) and file.size > 0
        if not sound or not re.fullmatch("[0-9a-f]{64}", file.sha256):
            raise ValueError(f"{path} needs its sha256 and its size in bytes")
    url, how, problems = given["url"], given.get("how", ""), tuple(given["problems"])
    if not (isinstance(url, str | None) and isinstance(how, str)):
        raise ValueError("url or how is not a text")
    if not (url or how):
        raise ValueError("neither url nor how says where it is from")
    if not all(isinstance(problem, str) for problem in problems):
        raise ValueError("problems are names")
    return Dataset(name, problems=problems, files=files, url=url, how=how, archive=archive, **texts)


def _read(file: Path) -> Any:
    try:
        return json.loads(read_text(file, limit=LARGEST))
    except (OSError, StoreError, RecursionError, ValueError) as error:
        raise NotAvailableError(f"{file} cannot be read: {error}") from error

"""Tables that all processes of a machine share.

The arrays that a problem makes of a source file (a pickle, a CSV file, parquet) are written once,
as ``.npy`` files in the user's cache, and mapped into memory from there. So the source is parsed
only once, only the parts that are looked up are read, and all processes hold one copy.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from hpobench.contract.errors import HpobenchError, NotAvailableError
from hpobench.contract.files import read_whole
from hpobench.contract.package import VERSION as HPOBENCH
from hpobench.data.local import sha256
from hpobench.plugins.syntax import source_hash

VERSION = 2
"""A number that grows when the form of the files changes."""

_NAMES = "names.json"
"""The file that lists the arrays with their hashes, because caches may be cleaned file by file,
and disks err."""

Arrays: TypeAlias = dict[str, NDArray[Any]]


def tables_folder() -> Path:
    """The folder ``hpobench/tables`` in the user's cache; its files may be removed at any time."""
    return user_cache_path("hpobench") / "tables"


def mapped(source: Path, part: object, make: Callable[[], Mapping[str, NDArray[Any]]]) -> Arrays:
    """The arrays that ``make()`` returns, read-only and shared with other processes.

    ``make`` is called only once for the same content of ``source``, the same ``part`` (the
    ``repr`` of everything else that the arrays depend on), the same code of the plugin that
    defines it (and, for a method, of the plugin whose object it belongs to), and this version of
    hpobench. If the cache cannot be written, because the disk is full or read-only, the arrays
    stay in this process's memory.
    """
    definitions: list[Callable[..., object]] = [make]
    if inspect.ismethod(make):
        definitions.append(type(make.__self__))
    code = [source_hash(Path(inspect.getfile(of)).resolve()) for of in definitions]
    try:
        text = repr((VERSION, HPOBENCH, code, sha256(source), part))
    except NotAvailableError:  # the source cannot be read, and make() has the better message
        return dict(make())
    folder = tables_folder() / hashlib.sha256(text.encode()).hexdigest()[:32]
    found = _open(folder)
    if found is None:
        made = dict(make())
        _store(folder, made)
        found = _open(folder) or made
    return found


def _open(folder: Path) -> Arrays | None:
    """The arrays in ``folder``; ``None`` if some are missing or damaged."""
    try:
        names = json.loads(read_whole(folder / _NAMES, limit=2**20))
        for name, digest in names.items():
            if sha256(folder / f"{name}.npy") != digest:
                return None
        # Plain views, because every access to a memmap object costs a microsecond.
        return {name: np.load(folder / f"{name}.npy", "r").view(np.ndarray) for name in names}
    except (OSError, HpobenchError, ValueError, EOFError, AttributeError, RecursionError):
        return None


def _store(folder: Path, arrays: Arrays) -> None:
    """Put ``arrays`` into ``folder``, all or none; do nothing if that is impossible."""
    with contextlib.suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as temporary:
            made = Path(temporary, "made")
            made.mkdir()
            digests = {}
            for name, array in arrays.items():
                with (made / f"{name}.npy").open("w+b") as file:
                    np.save(file, array, allow_pickle=False)
                    file.flush()
                    os.fsync(file.fileno())
                    file.seek(0)
                    digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
            (made / _NAMES).write_text(json.dumps(digests), "utf-8")
            if folder.exists() and _open(folder) is None:
                folder.rename(Path(temporary, "damaged"))
            made.rename(folder)  # fails if another process was faster

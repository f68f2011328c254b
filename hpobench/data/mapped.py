"""Tables that the processes of a machine share.

What a problem makes of a source file (a pickle, a CSV file, parquet) is written once, as ``.npy``
files in the user's cache, and mapped into memory from there: it is parsed only once, only what is
looked up is read, and all processes together hold one copy.
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

from hpobench.contract.errors import NotAvailableError
from hpobench.contract.package import VERSION as HPOBENCH
from hpobench.data.local import sha256
from hpobench.plugins.source import source_hash

VERSION = 1
"""Raised when the files take another form."""

_NAMES = "names.json"
"""The file that says which arrays there are: caches are cleaned file by file."""

Arrays: TypeAlias = dict[str, NDArray[Any]]


def tables_folder() -> Path:
    """``hpobench/tables`` in the user's cache; whatever is in it may be removed at any time."""
    return user_cache_path("hpobench") / "tables"


def mapped(source: Path, part: object, make: Callable[[], Mapping[str, NDArray[Any]]]) -> Arrays:
    """What ``make()`` returns, read-only and shared with other processes.

    ``make`` is called where nobody has done so before for the same content of ``source``, the
    same ``part`` (by its ``repr``: what else the arrays depend on), the same code of the plugin
    that it is defined in (and, if it is a method, of the plugin whose object it is of), and this
    version of hpobench. Where the cache cannot be written, the
    disk being full or read-only, the arrays stay in this process's memory.
    """
    try:
        folder = tables_folder() / _key(source, part, make)
    except NotAvailableError:  # of a source that cannot be read make() says more
        return dict(make())
    found = _open(folder)
    if found is None:
        made = dict(make())
        _store(folder, made)
        found = _open(folder)
        return made if found is None else found
    return found


def _key(source: Path, part: object, make: Callable[[], object]) -> str:
    definitions: list[Callable[..., object]] = [
        make,
        *([type(make.__self__)] if inspect.ismethod(make) else []),
    ]
    code = [source_hash(Path(inspect.getfile(of)).resolve()) for of in definitions]
    text = repr((VERSION, HPOBENCH, code, sha256(source), part))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _open(folder: Path) -> Arrays | None:
    """The arrays in ``folder``; ``None`` if they are not all there, or damaged."""
    try:
        names = json.loads((folder / _NAMES).read_text("utf-8"))
        # Views without the subclass, every access to which costs a microsecond.
        return {name: np.load(folder / f"{name}.npy", "r").view(np.ndarray) for name in names}
    except (OSError, ValueError, EOFError):
        return None


def _store(folder: Path, arrays: Arrays) -> None:
    """Put ``arrays`` into ``folder``, all or none; nothing happens where that is impossible."""
    with contextlib.suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as temporary:
            made = Path(temporary, "made")
            made.mkdir()
            (made / _NAMES).write_text(json.dumps(list(arrays)), "utf-8")
            for name, array in arrays.items():
                with (made / f"{name}.npy").open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                    file.flush()
                    os.fsync(file.fileno())
            if folder.exists() and _open(folder) is None:
                folder.rename(Path(temporary, "damaged"))
            made.rename(folder)  # fails if another process was faster

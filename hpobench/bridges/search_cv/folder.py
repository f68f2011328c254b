"""The folder in which a search keeps its results, so that it can go on there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hpobench.contract.errors import StoreError, UsageError, writing
from hpobench.contract.files import locked, read_text, write_whole

_WHAT = "search.json"


@contextlib.contextmanager
def search_folder(folder: Path, identity: Mapping[str, Any]) -> Iterator[Path]:
    """``folder``, made if need be, for the search of this ``identity`` alone.

    Raises :class:`UsageError` if another search is or was there, and :class:`StoreError` where
    nothing can be written.
    """
    with writing("a search", folder):
        folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / "lock", wait=False))
        except BlockingIOError:
            raise UsageError(
                f"{folder}: another search is under way there; give resume= another folder"
            ) from None
        _check(folder, identity)
        yield folder


def kept_seed(folder: Path) -> int | None:
    """The seed of the search in ``folder``; ``None`` if there is none."""
    found = _read(folder / _WHAT)
    return None if found is None else int(found["seed"])


def _check(folder: Path, identity: Mapping[str, Any]) -> None:
    before = _read(folder / _WHAT)
    if before is None:
        with writing("a search", folder):
            write_whole(folder / _WHAT, json.dumps(dict(identity), indent=1).encode())
        return
    changed = [key for key in identity if before.get(key) != identity[key]]
    if changed:
        was = "; ".join(f"{key} was {before.get(key)!s:.200}" for key in changed)
        raise UsageError(f"{folder} has another search, whose {was}; give resume= another folder")


def _read(file: Path) -> dict[str, Any] | None:
    if not file.exists():
        return None
    try:
        found = json.loads(read_text(file))
        if not isinstance(found["seed"], int):
            raise TypeError("its seed is no number")
    except (OSError, StoreError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError(f"{file} is damaged ({error}); remove the folder") from error
    return dict(found)

"""Results folders in object stores: ``s3://bucket/prefix``, ``gs://bucket/prefix``.

A run works on a copy in the user's cache, which begins as what the store holds and is nothing but a
copy. After every commit the copy's changes are put into the store: files of events and trials
first, then the file of cells that names them. Files of cells are put only where nobody has put one,
and the folded ``cells.parquet`` only in place of the one that was read. So two runs that write at
the same time cannot undo each other's work: the later one ends with an error. The credentials are
those of the environment (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``,
``GOOGLE_APPLICATION_CREDENTIALS``, ...).
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_cache_path

from hpobench.contract.errors import NotAvailableError, StoreError, UsageError
from hpobench.contract.files import (
    own_folder,
    place_for,
    read_text,
    read_whole,
    remove_files,
    write_whole,
)
from hpobench.store.format import disk, index

_SAFE = re.compile(r"(?:[\w][\w.+-]*/){0,4}[\w][\w.+-]*", re.ASCII)
"""Names of files that a results folder has; nothing that leaves it."""
_LOCAL = ("journals/", "damaged/")
_KNOWN = ".remote.json"
_RETRY: dict[str, Any] = {"max_retries": 4, "retry_timeout": datetime.timedelta(seconds=60)}


class _Seen(NamedTuple):
    """A file that is the same there and here."""

    tag: str | None
    version: str | None
    """What the store knows this state of it by: S3 by the ETag, Google by the version."""
    changed: int
    """When it was changed here, in nanoseconds."""


class RemoteFolder:
    """The folder ``url`` of an object store, and ``copy``, its copy on this machine."""

    def __init__(self, url: str) -> None:
        """Raises :class:`NotAvailableError` without obstore, :class:`UsageError` for no address."""
        self.url = url.rstrip("/")
        self._store = _opened(self.url)
        digest = hashlib.blake2b(self.url.encode(), digest_size=8).hexdigest()
        # It ends with the folder's own name, because pages show that.
        self.copy = user_cache_path("hpobench") / "stores" / digest / self.url.rpartition("/")[2]
        self._lent = False
        """Whether another process works on the copy."""
        self._known: dict[str, _Seen] = {}
        """The files that are the same there and here."""

    def pull(self, wanted: Callable[[str], bool] = lambda _: True) -> Path:
        """Make the copy what the store holds, or at least its files that are ``wanted``; returns
        the copy."""
        own_folder(self.copy)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(disk.lock(self.copy))
            except disk.LockedError:
                # A run of this machine works on the copy, which is newer than the store, and will
                # put there whatever changes in it.
                self._lent = True
                return self.copy
            self._lent = False
            there = self._listed()
            remove_files(self.copy, [name for name in self._local_names() if name not in there])
            self._known = {
                n: seen
                for n, seen in self._read_known().items()
                if (tag := there.get(n)) and (seen.tag, seen.changed) == (tag, self._changed(n))
            }
            self._each(self._fetch, [n for n in there if wanted(n) and n not in self._known])
            self._write_known()
            return self.copy

    def push(self) -> None:
        """Put into the store what has changed in the copy, in an order in which whoever reads or
        is interrupted finds every cell that is named."""
        if self._lent:
            return
        here = {name: self._changed(name) for name in self._local_names()}
        changed = [
            n for n, at in here.items() if n not in self._known or self._known[n].changed != at
        ]
        gone = [name for name in self._known if name not in here]
        self._each(self._put, [name for name in changed if not _is_of_cells(name)])
        rows = filter(_is_of_cells, changed)
        for name in sorted(rows, key=lambda name: (name == index.CELLS, name)):
            self._put(name)
        # Files of cells first, the earliest of them first; then the files of rows that they name.
        for name in sorted(gone, key=lambda name: (not _is_of_cells(name), name)):
            with self._explained(f"removed ({name})"):
                self._store.delete(name)
            del self._known[name]
        if changed or gone:
            self._write_known()

    def _listed(self) -> dict[str, str | None]:
        """The ETags of the files there by their names."""
        with self._explained("listed"):
            found = [one for some in self._store.list() for one in some]
        names = {one["path"]: one["e_tag"] for one in found}
        for name in names:
            if not _SAFE.fullmatch(name):
                raise StoreError(f"{self.url}: holds {name[:80]!r}, which is no file of results")
        return {name: tag for name, tag in names.items() if not name.startswith(_LOCAL)}

    def _fetch(self, name: str) -> None:
        with self._explained(f"read ({name})"):
            found = self._store.get(name)
            data, meta = bytes(found.bytes()), found.meta
        with disk.explained(self.copy / name):
            write_whole(place_for(self.copy, name), data, flush=False)
        self._known[name] = _Seen(meta["e_tag"], meta["version"], self._changed(name) or 0)

    def _put(self, name: str) -> None:
        changed, data = self._changed(name), read_whole(self.copy / name)
        mode: Any = "overwrite"
        if "/" not in name and _is_of_cells(name):
            # Only what was read is replaced, so that no other run's work is undone.
            mode = "create"
            if known := self._known.get(name):
                state = {"e_tag": known.tag, "version": known.version}
                mode = {key: value for key, value in state.items() if value is not None}
        with self._explained(f"written ({name})", name):
            result = self._store.put(name, data, mode=mode)
        assert changed is not None
        self._known[name] = _Seen(result["e_tag"], result["version"], changed)

    @contextlib.contextmanager
    def _explained(self, what: str, name: str = "") -> Iterator[None]:
        from obstore import exceptions

        try:
            yield
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError) as error:
            raise StoreError(
                f"{self.url}/{name}: another run has written here; what it stored is kept. "
                "Wait for it and run the same command again, or use another --results"
            ) from error
        except (exceptions.BaseError, OSError) as error:
            reason = str(error).partition("\n")[0][:300]
            raise StoreError(
                f"{self.url}: cannot be {what}: {reason}; see that the bucket is there, that the "
                "environment has its credentials, and that this machine reaches it. Finished cells "
                "are kept, the same command goes on"
            ) from error

    def _local_names(self) -> list[str]:
        """The files of the copy that belong into the store."""
        found = (path for path in self.copy.rglob("*") if path.is_file() and not path.is_symlink())
        names = (path.relative_to(self.copy).as_posix() for path in found)
        return [name for name in names if _SAFE.fullmatch(name) and not name.startswith(_LOCAL)]

    def _changed(self, name: str) -> int | None:
        """When a file of the copy has changed; ``None`` if there is none."""
        with contextlib.suppress(FileNotFoundError):
            return (self.copy / name).lstat().st_mtime_ns
        return None

    def _read_known(self) -> dict[str, _Seen]:
        try:
            content = json.loads(read_text(self.copy / _KNOWN, limit=2**28))
            return {name: _Seen(*seen) for name, seen in content.items()}
        except (OSError, StoreError, ValueError, AttributeError, TypeError):
            return {}  # everything is fetched

    def _write_known(self) -> None:
        write_whole(self.copy / _KNOWN, json.dumps(self._known).encode(), flush=False)

    def _each(self, work: Callable[[str], None], names: Iterable[str]) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, names))  # it raises the first error


def is_small(name: str) -> bool:
    """Whether a file says which cells there are and how they ended, and not what they found."""
    return name in index.READERS or _is_of_cells(name)


def _is_of_cells(name: str) -> bool:
    return name == index.CELLS or (name.startswith("cells-") and name.endswith(".parquet"))


def _opened(url: str) -> Any:
    try:
        from obstore import exceptions
        from obstore.store import from_url
    except ImportError:
        raise NotAvailableError(
            f"{url}: object stores need obstore; install it with `pip install 'hpobench[cloud]'`"
        ) from None
    bucket, _, prefix = url.partition("://")[2].partition("/")
    if not (bucket and prefix and all(_SAFE.fullmatch(part) for part in prefix.split("/"))):
        raise UsageError(f"{url}: not the address of a results folder; s3://bucket/results is one")
    try:
        return from_url(url, retry_config=_RETRY)  # type: ignore[call-overload]
    except (exceptions.BaseError, ValueError) as error:
        raise UsageError(f"{url}: {error}") from error

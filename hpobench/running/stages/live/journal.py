"""The journal of a live cell: every result is written here before it is used.

A journal is one file of records, each a JSON header and a blob (the saved state of a trial, or
nothing) under a checksum. Records are only appended. A record that a crash left incomplete is cut
off when the file is opened again. Whatever was written survives the death of any process. The death
of the machine loses at most the last moments, which are simply trained again.

When states that nothing refers to make up most of the file, it is written again without them
beside the old one, and renamed.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import time
import weakref
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from filelock import lock_descriptor

from hpobench.contract.errors import StoreError
from hpobench.contract.files import move_whole, open_regular, own_folder
from hpobench.store.format import disk

_HEAD = struct.Struct("<III")  # checksum, length of the header, length of the blob
SYNC_S = 0.1
"""The least time between two flushes to the disk."""
_COMPACT_BYTES = 64 * 2**20
"""A journal below this size is left as it is."""
_LOCK_S = 60.0
"""How long an earlier attempt at the cell, whose driver was killed, may take to die; a cluster
waits half a minute for a client at ``ray://`` to come back."""


class Blob:
    """A blob in a journal, which keeps it for as long as this object lives."""

    __slots__ = ("__weakref__", "length", "offset")

    def __init__(self, offset: int, length: int) -> None:
        self.offset, self.length = offset, length


class Journal:
    """The journal at ``path``, made if need be, and used by one process at a time. Iterating over
    :meth:`records` comes first, then :meth:`append` and :meth:`commit`, and :meth:`flush_soon`
    where there is time for it. Raises :class:`StoreError` where the disk is full or the file cannot
    be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._saved: weakref.WeakSet[Blob] = weakref.WeakSet()
        self._pending: list[bytes] = []
        self._temporary = path.with_name(f".{path.name}.tmp")
        self._compact_at = _COMPACT_BYTES
        self._dirty, self._synced = False, -SYNC_S
        self._background = ThreadPoolExecutor(1)
        self._flush: Future[None] | None = None
        with disk.explained(path):
            own_folder(path.parent)
            self._file = self._open()
            self._temporary.unlink(missing_ok=True)
            self._size = self._file.seek(0, os.SEEK_END)

    def _open(self) -> BinaryIO:
        """The file, locked. Another process may rename it while this one waits for the lock."""
        patience = time.monotonic() + _LOCK_S
        while True:
            file = os.fdopen(open_regular(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND), "a+b")
            if lock_descriptor(file.fileno(), blocking=False):
                if self.path.exists() and os.path.samestat(
                    os.fstat(file.fileno()), self.path.stat()
                ):
                    return file
            elif time.monotonic() > patience:
                file.close()
                raise StoreError(f"{self.path}: another process is running this cell")
            else:
                time.sleep(0.1)
            file.close()

    def records(self) -> Iterator[tuple[dict[str, Any], Blob | None]]:
        """The records in order. An incomplete record at the end is cut off."""
        with disk.explained(self.path):
            self._file.seek(0)
            whole = 0
            for header, offset, length in _records(self._file):
                whole = offset + length
                yield header, self._keep(offset, length)
            if whole < self._size:
                self._file.truncate(whole)
                self._size = whole

    def _keep(self, offset: int, length: int) -> Blob | None:
        if not length:
            return None
        saved = Blob(offset, length)
        self._saved.add(saved)
        return saved

    def append(self, header: dict[str, Any], blob: bytes = b"") -> Blob | None:
        """Add a record, which :meth:`commit` writes."""
        front = _front(header, blob)
        self._pending += [front, blob]
        offset = self._size + len(front)
        self._size = offset + len(blob)
        return self._keep(offset, len(blob))

    def commit(self) -> None:
        """Write what was appended, so that it outlives this process."""
        with disk.explained(self.path):
            if self._pending:
                self._file.write(b"".join(self._pending))
                self._file.flush()
                self._pending.clear()
                self._dirty = True
        alive = sum(saved.length for saved in self._saved)
        if self._size > self._compact_at and self._size > 2 * alive:
            self._compact()
            # A file that is large by its headers must not be compacted again and again.
            self._compact_at = max(_COMPACT_BYTES, 2 * self._size)

    def flush_soon(self) -> None:
        """Flush what was written to the disk, in the background, at most every :data:`SYNC_S`. Call
        it again within a moment, so that what was written since follows."""
        with disk.explained(self.path):
            if self._flush is not None:
                if not self._flush.done():
                    return
                flush, self._flush = self._flush, None
                flush.result()
            now = time.monotonic()
            if self._dirty and now - self._synced >= SYNC_S:
                self._dirty, self._synced = False, now
                self._flush = self._background.submit(_flush, os.dup(self._file.fileno()))

    def read(self, saved: Blob) -> bytes:
        """The blob that ``saved`` stands for."""
        with disk.explained(self.path):
            self._file.seek(saved.offset)
            return self._file.read(saved.length)

    def _compact(self) -> None:
        """Write the file again without the blobs that nothing refers to."""
        alive = {saved.offset: saved for saved in self._saved}
        moved: dict[Blob, int] = {}
        with disk.explained(self.path):
            self._temporary.unlink(missing_ok=True)
            with self._temporary.open("x+b") as file:
                lock_descriptor(file.fileno())
                for header, offset, length in _records(self._file):
                    blob = b""
                    if offset in alive:
                        self._file.seek(offset)
                        blob = self._file.read(length)
                    file.write(_front(header, blob))
                    if blob:
                        moved[alive[offset]] = file.tell()
                        file.write(blob)
                size = file.tell()
                file.flush()
                move_whole(self._temporary, self.path)
            self._file.close()
            self._file, self._size = self._open(), size
        for saved, offset in moved.items():
            saved.offset = offset

    def close(self) -> None:
        self._background.shutdown()
        # Closing retries a write that a full disk refused; that error was raised before.
        with contextlib.suppress(OSError):
            self._file.close()


def _flush(descriptor: int) -> None:
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def read_headers(path: Path) -> Iterator[dict[str, Any]]:
    """The headers in the journal at ``path``, if there is one; it may be in use."""
    if not path.exists():
        return
    with disk.explained(path), os.fdopen(open_regular(path), "rb") as file:
        for header, _, _ in _records(file):
            yield header


def _front(header: dict[str, Any], blob: bytes) -> bytes:
    """The bytes before ``blob`` in a record."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return _HEAD.pack(zlib.crc32(blob, zlib.crc32(text)), len(text), len(blob)) + text


def _records(file: BinaryIO) -> Iterator[tuple[dict[str, Any], int, int]]:
    """The complete records of ``file``: their headers, and the offsets and lengths of their blobs.
    The file may be read elsewhere between two records."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        checksum, header_length, blob_length = _HEAD.unpack(head)
        if not header_length:  # zeros, which a file system may leave after a loss of power
            return
        body = file.read(header_length + blob_length)
        if len(body) < header_length + blob_length or zlib.crc32(body) != checksum:
            return
        offset = at + _HEAD.size + header_length
        yield json.loads(body[:header_length]), offset, blob_length
        at = offset + blob_length

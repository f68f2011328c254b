"""Files in folders that may come from somebody else: results, reports, data.

Such a folder may hold links, pipes and devices in the place of files (git and archives keep links).
Nothing here follows them: a file is read only if it is a regular one, and a file that is written is
first written beside its place and then renamed, so that it is there whole or not at all, whatever
ends the process or the machine. Missing files and full disks are ``OSError`` as usual.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from hpobench.contract.errors import StoreError

TEMPORARY = ".*.tmp"
"""Matches the files that a killed process may leave, and whose content nobody needs."""
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFREG: "a file",
}
_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def write_whole(path: Path, data: bytes, *, flush: bool = True) -> None:
    """Put ``data`` at ``path``, in place of the file or link that is there.
    ``flush``: a crash of the machine, too, leaves either the old file or the new one."""
    temporary = path.with_name(f".{path.name[:50]}.{secrets.token_hex(8)}.tmp")
    # The system applies the umask to the mode; nothing that exists is opened, a link neither.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if flush:
                file.flush()
                os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if flush:
        _flush(path.parent)


def move_whole(source: Path, path: Path) -> None:
    """Rename the complete file ``source`` to ``path``, on the same disk, after flushing it.
    A crash of the machine leaves either the old file or the new one at ``path``."""
    _flush(source, os.O_NOFOLLOW)
    source.replace(path)
    _flush(path.parent)


def _flush(path: Path, flags: int = 0) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_whole(path: Path, *, limit: int | None = None) -> bytes:
    """The content of the file ``path``.
    Raises :class:`StoreError` if it is no regular file, or has more than ``limit`` bytes."""
    with os.fdopen(open_regular(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if limit is not None and size > limit:
            raise StoreError(
                f"{path}: has {size:,} bytes, and files like it have at most {limit:,}; put the "
                "right file in its place"
            )
        return file.read()


def read_text(path: Path, *, limit: int | None = None) -> str:
    """The content of the file ``path`` as text, like :func:`read_whole`.
    Raises :class:`StoreError` for what is not UTF-8, too."""
    try:
        return read_whole(path, limit=limit).decode()
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: damaged, not UTF-8 text ({error})") from error


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """A descriptor of the regular file ``path``, made if ``flags`` say so.
    Raises :class:`StoreError` for anything else: nothing is followed, and nothing waited for. A
    file that is opened for writing in its place must have no second name outside its folder."""
    with contextlib.suppress(FileNotFoundError):
        _require(path, path.lstat(), stat.S_IFREG)  # before it is opened: a device may notice
    descriptor = os.open(path, flags | _SAFE, 0o666)
    try:
        found = os.fstat(descriptor)
        _require(path, found, stat.S_IFREG)
        if flags & os.O_APPEND and found.st_nlink > 1:
            raise StoreError(
                f"{path}: the file has a second name (a hard link), whose content would change "
                "too; put a copy in its place"
            )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def own_folder(path: Path) -> Path:
    """Make the folder ``path`` and those above it, and return it.
    Raises :class:`StoreError` if a link or a file is there. Folders that a user names may be links
    and are made with ``mkdir``; this is for those that hpobench keeps in them."""
    with contextlib.suppress(FileNotFoundError):
        _require(path, path.lstat(), stat.S_IFDIR)
    path.mkdir(parents=True, exist_ok=True)
    return path


def place_for(folder: Path, name: str | PurePath) -> Path:
    """Where the file ``name`` of ``folder`` is to be written, with the folders between made.
    Raises :class:`StoreError` if one of these is a link or a file."""
    path = folder / name
    for parent in reversed(PurePath(name).parents[:-1]):
        own_folder(folder / parent)
    return path


def remove_files(folder: Path, names: Iterable[str | PurePath]) -> None:
    """Remove those files ``names`` of ``folder`` that are regular and behind no link: where a link
    is the folder between, they are somebody else's. Folders that are empty then go, too."""
    for name in names:
        between = [folder / parent for parent in PurePath(name).parents[:-1]]
        if any(parent.is_symlink() for parent in between) or not is_regular(folder / name):
            continue
        (folder / name).unlink()
        for parent in between:
            if any(parent.iterdir()):
                break
            parent.rmdir()


def is_regular(path: Path) -> bool:
    """Whether ``path`` is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_there(path: Path) -> bool:
    """Whether there is anything at ``path``, also a link to nothing."""
    return os.path.lexists(path)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file ``path`` inside the block, made if need be; its content is left alone.
    The system releases the lock of a killed process. Unless ``wait``, raises ``BlockingIOError`` if
    another process holds it."""
    from filelock import lock_descriptor  # here, for `hpobench list` locks nothing

    descriptor = open_regular(path, os.O_RDWR | os.O_CREAT)
    try:
        if not lock_descriptor(descriptor, blocking=wait):
            raise BlockingIOError(f"{path} is locked")
        yield
    finally:
        os.close(descriptor)


def _require(path: Path, found: os.stat_result, kind: int) -> None:
    if (there := stat.S_IFMT(found.st_mode)) != kind:
        raise StoreError(
            f"{path}: is {_KINDS.get(there, 'something else')}, where hpobench keeps "
            f"{_KINDS[kind]}; remove it, or put {_KINDS[kind]} in its place"
        )

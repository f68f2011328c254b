"""Fetches data sets; a file enters the data folder only if its hash is right."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from hpobench.contract.errors import NotAvailableError
from hpobench.contract.files import locked, move_whole
from hpobench.contract.wording import megabytes
from hpobench.data.catalogue import Dataset, File
from hpobench.data.local import verify

Tell: TypeAlias = Callable[[str, int], None]
"""A function that takes a file of the data set and the number of its bytes fetched so far."""
TIMEOUT_S = 30
"""The seconds without data after which a connection is given up."""
_CHUNK = 1 << 16


def fetch(dataset: Dataset, root: Path, tell: Tell) -> list[str]:
    """Fetch the files of ``dataset`` that ``root`` lacks or has damaged; return their paths.

    Each file moves into place when it is whole and its hash is right. So an interruption leaves
    good files only, and the next attempt fetches the rest. An archive is fetched as a whole and
    not kept. Raises :class:`NotAvailableError`.
    """
    wanted = list(verify(dataset, root))
    if not wanted:
        return []
    if dataset.url is None:
        raise NotAvailableError(f"cannot be fetched: {dataset.how} into {root / dataset.folder}")
    size = sum(dataset.files[path].size for path in wanted)
    folder = made(root / dataset.folder, size + (dataset.archive.size if dataset.archive else 0))
    with staging(folder) as new:
        wanted = list(verify(dataset, root))  # another process may have brought some
        if wanted and dataset.archive:
            ((name, file),) = dataset.downloads.items()
            with explained(dataset.url, new / name):
                archive = _fetch(dataset.url, new, file, name, tell)
        for path in wanted:
            file, url = dataset.files[path], dataset.url + ("" if dataset.archive else path)
            with explained(url, folder / path):
                if dataset.archive:
                    part = _unpacked(archive, path, file, new / "unpacked")
                else:
                    part = _fetch(url, new, file, path, tell)
                settle(part, folder / path)
    return wanted


def _fetch(url: str, new: Path, wanted: File, path: str, tell: Tell) -> Path:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    meter = _Meter(wanted.size, lambda done: tell(path, done))
    with contextlib.ExitStack() as ends:

        def answered(response: Any, **_: Any) -> None:
            ends.callback(response.close)  # pooch leaves the connection of a broken download open

        hooks = {"response": answered}
        downloader = pooch.HTTPDownloader(meter, _CHUNK, timeout=TIMEOUT_S, hooks=hooks)
        return Path(pooch.retrieve(url, wanted.sha256, "part", new, downloader=downloader))


def _unpacked(archive: Path, member: str, wanted: File, into: Path) -> Path:
    """Write the ``member`` of ``archive`` to the file ``into``, and return that.
    The archive has no say in where the file lies, nor in how many bytes are written. Raises
    :class:`ValueError` if there is no such member, or if it is not the ``wanted`` file."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as source:
            digest, left = hashlib.sha256(), wanted.size
            with into.open("wb") as target:
                while piece := source.read(min(2**20, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        raise ValueError(f"{member} has more than {wanted.size:,} bytes")
                    digest.update(piece)
                    target.write(piece)
    except KeyError:
        raise ValueError(f"there is no {member} in the archive") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{member} cannot be unpacked: {error}") from error
    if (found := digest.hexdigest()) != wanted.sha256:
        raise ValueError(f"{member} has the sha256 {found}, not {wanted.sha256}")
    return into


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """An empty folder below ``folder`` for files that are being fetched.
    One process uses it at a time; the others wait. Files that a killed process left are removed."""
    with explained("", folder), locked(folder.with_name(f".{folder.name}.lock")):
        new = folder / ".fetching"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        try:
            yield new
        finally:
            shutil.rmtree(new, ignore_errors=True)


def settle(part: Path, file: Path) -> None:
    """Move the complete file ``part`` to ``file``, readable for everybody."""
    part.chmod(0o644)  # pooch makes files that only their owner may read
    file.parent.mkdir(parents=True, exist_ok=True)
    move_whole(part, file)


class _Meter:
    """A progress bar for pooch that reports to a function, and ends what is too long.
    A server may send without an end, and would fill the disk before a hash is compared."""

    def __init__(self, size: int, tell: Callable[[int], None]) -> None:
        self._tell, self._size = tell, size
        self._done = self._received = 0
        self.total = 0
        """The length that the server announces, which pooch sets."""

    def update(self, more: int) -> None:
        self._received += more
        if self._received > self._size + _CHUNK:  # pooch counts the last piece as a whole one
            raise ValueError(f"the server sends more than the file's {self._size:,} bytes")
        self._done = min(self._done + more, self.total)
        self._tell(self._done)

    def reset(self) -> None:
        """Start again at zero: pooch counts the last piece as a whole one, then corrects itself."""
        self._done = self._received = 0

    def close(self) -> None:
        pass


def made(folder: Path, size: int) -> Path:
    """Make ``folder``; raise :class:`NotAvailableError` if fewer than ``size`` bytes are free."""
    with explained("", folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    if free < size:
        raise NotAvailableError(
            f"{folder}: needs {megabytes(size)}, and {megabytes(free)} are free; make room, or "
            "name another folder (--to, HPOBENCH_DATA)"
        )
    return folder


@contextlib.contextmanager
def explained(url: str, file: Path) -> Iterator[None]:
    """Turn every error of fetching ``url`` into ``file`` into a :class:`NotAvailableError`.
    Its message says what to do."""
    import urllib.error

    import requests

    try:
        yield
    except (requests.HTTPError, urllib.error.HTTPError) as error:
        raise NotAvailableError(f"{url} cannot be fetched: {error}") from error
    except (requests.RequestException, urllib.error.URLError) as error:
        inner = error.args[0] if error.args else error
        reason = str(getattr(inner, "reason", inner))
        # urllib3 puts an account of its attempts before the cause.
        reason = reason.partition(": ")[2] or reason
        raise NotAvailableError(
            f"{url} could not be fetched: {reason}; check the network and fetch again, "
            "complete files are kept"
        ) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full; make room, or" if full else f"{error.strerror or error};"
        raise NotAvailableError(
            f"{file}: {reason} name another folder (--to, HPOBENCH_DATA)"
        ) from error
    except ValueError as error:
        raise NotAvailableError(f"{url}: {error}; nothing of it was kept") from error

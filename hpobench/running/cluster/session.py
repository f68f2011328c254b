"""The private folder of a local Ray, and a process that ends this Ray with its driver."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from hpobench.contract.errors import RayError
from hpobench.contract.files import is_regular, locked
from hpobench.running.cluster import session_end
from hpobench.running.ray.servers import MARK, PREFIX

_LONGEST_BASE = 18
"""Bytes. We and Ray add 88 to the path of a socket, which may have 107."""
_PLAIN = re.compile(r"[\w./+-]+", re.ASCII)
"""Ray splits the command lines of its workers at spaces."""
_ENDING_S = 15.0
_BEGINNING_S = 60.0


class Session:
    """A session of the local Ray. ``folder`` and all in it is for this user alone. ``end`` is the
    process that ends what is left of the session."""

    def __init__(self, folder: Path) -> None:
        # Ray makes the folder of its session writable for all users, so it lies in the private one.
        self.folder, self.ray_folder = folder, folder / "r"
        self.end = subprocess.Popen(
            [sys.executable, "-I", "-S", session_end.__file__, str(folder), MARK],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # a terminal's signals are not for it
        )

    @contextlib.contextmanager
    def environment(self, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
        """The environment in which Ray starts: the session's mark, a token that is in no file, and
        ``more``. A user with a token in the environment, or without any (``RAY_AUTH_MODE``), keeps
        it so."""
        added = {**more, MARK: str(self.folder)}
        chosen = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys()
        if not chosen and os.environ.get("RAY_AUTH_MODE", "token").lower() == "token":
            added |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        before = {name: os.environ.pop(name, None) for name in added}
        os.environ.update(added)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


@contextlib.contextmanager
def private_session() -> Iterator[Session]:
    """A session until the end of the block. If a :class:`RayError` ends it, Ray's logs stay."""
    base = _base()
    for left in base.glob(f"{PREFIX}*"):
        # Of a session whose driver was killed together with what ends it, unless somebody holds it.
        with contextlib.suppress(OSError):
            found = left.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            if is_regular(left / "lock"):
                with locked(left / "lock", wait=False):
                    shutil.rmtree(left, ignore_errors=True)
            # A session that begins has none yet. A process that outlived one for a moment may have
            # made its folder anew.
            elif time.time() - found.st_mtime > _BEGINNING_S:
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))  # mode 0700
    # Held as long as this process lives: a folder that nobody holds is left over.
    with locked(folder / "lock"):
        session = Session(folder)
        told = session_end.REMOVE
        try:
            yield session
        except RayError:
            told = session_end.KEEP
            raise
        finally:
            assert session.end.stdin is not None
            with contextlib.suppress(OSError):  # somebody has killed it
                session.end.stdin.write(told)
                session.end.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                session.end.wait(_ENDING_S)
            if told == session_end.REMOVE:
                shutil.rmtree(folder, ignore_errors=True)


def _base() -> Path:
    """The first folder for temporary files that Ray can work in."""
    tried = [os.environ.get("RAY_TMPDIR"), tempfile.gettempdir(), "/tmp", "/var/tmp"]
    tried.append(os.environ.get("XDG_RUNTIME_DIR"))
    for base in map(Path, filter(None, tried)):
        if base.is_absolute() and len(str(base)) <= _LONGEST_BASE and _PLAIN.fullmatch(str(base)):
            with contextlib.suppress(OSError):
                mode = base.stat().st_mode
                others = mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX
                if not others and os.access(base, os.W_OK | os.X_OK):
                    return base
    raise RayError(
        f"no folder for Ray's temporary files: one of {', '.join(filter(None, tried))} must be "
        f"writable, have a path of at most {_LONGEST_BASE} plain characters, and not be open to "
        "other users without the sticky bit; name one in RAY_TMPDIR"
    )

"""Folders as bytes, for the states of trials that Ray keeps as folders of files."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from hpobench.contract.errors import TrialError

MAX_BYTES = 1 << 30
"""The largest state. It is held in memory, in the journal and on its way between both."""
_ABOUT = "about.json"
_FILES = "files"


def pack(about: dict[str, Any], folder: Path | None) -> bytes:
    """``about`` and the content of ``folder``, if any: the same bytes for the same content. Raises
    :class:`TrialError` for anything but files and folders, and if there is too much."""
    paths = [folder, *sorted(folder.rglob("*"))] if folder else []
    if (size := sum(path.lstat().st_size for path in paths)) > MAX_BYTES:
        raise TrialError(
            f"the checkpoint has {size:,} bytes, more than the {MAX_BYTES:,} that a state may have"
        )

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mtime = member.uid = member.gid = 0
        member.uname = member.gname = ""
        return member

    buffer = io.BytesIO()
    # Dereferencing keeps a file with two names, a hard link, as two files.
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        text = json.dumps(about).encode()
        member = tarfile.TarInfo(_ABOUT)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
        for path in paths:
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise TrialError(f"the checkpoint has {path.name!r}, which is not a file or folder")
            assert folder is not None
            name = Path(_FILES, path.relative_to(folder))
            archive.add(path, str(name), recursive=False, filter=anonymous)
    return buffer.getvalue()


def unpack(state: bytes, folder: Path) -> tuple[dict[str, Any], Path | None]:
    """What :func:`pack` was given; its files are put below ``folder``, nothing outside."""
    with tarfile.open(fileobj=io.BytesIO(state)) as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise TrialError(f"the state has {member.name!r}, which is not a file or folder")
        archive.extractall(folder, filter="data")
    about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    files = folder / _FILES
    return about, files if files.is_dir() else None

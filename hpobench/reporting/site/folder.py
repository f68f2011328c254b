"""The folder of a site: files are written into an empty folder or over an earlier site."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hpobench.contract.errors import StoreError, UsageError, writing
from hpobench.contract.files import (
    TEMPORARY,
    is_regular,
    is_there,
    place_for,
    read_text,
    remove_files,
    write_whole,
)

MARKER = "hpobench-site.json"
"""Lists the files of a site, so that a later one removes these and nothing else."""
_LARGEST = 16 * 2**20


def check_folder(out: Path) -> frozenset[str]:
    """The files of the earlier site in ``out``; none if it is empty or not there.

    Raises :class:`UsageError` if ``out`` is no folder, or holds something other than a site.
    """
    if not is_there(out):
        return frozenset()
    if not out.is_dir():
        raise UsageError(f"{out}: is no folder; name a new or an empty one for the site")
    marker = out / MARKER
    if not is_regular(marker):
        others = [path for path in out.iterdir() if not path.match(TEMPORARY)]
        if others:
            raise UsageError(
                f"{out}: holds {min(others).name!r} and no earlier site (there is no {MARKER}); "
                "name a new or an empty folder"
            )
        return frozenset()
    try:
        names = json.loads(read_text(marker, limit=_LARGEST))["files"]
        # What a marker lists will be removed, and a marker may come from a stranger.
        texts = [name for name in names if isinstance(name, str) and name and "\0" not in name]
        paths = [PurePosixPath(name) for name in texts]
        inside = [path for path in paths if not path.is_absolute() and ".." not in path.parts]
        if len(inside) < len(names):
            raise ValueError("a name that leads out of the folder")
    except (StoreError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{marker}: damaged ({error}); remove the folder, or name another one"
        ) from error
    return frozenset(names)


def write_site(out: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files``, by their paths with forward slashes, and remove the earlier site's others.

    Raises :class:`UsageError` for a link on the way, and where a file would take the place of one
    that no earlier site wrote.
    """
    earlier = check_folder(out)
    for name in files:
        for folder in _folders(out, name):
            if folder.is_symlink() or (is_there(folder) and not folder.is_dir()):
                raise UsageError(
                    f"{folder}: is no folder of a site; remove it or name another folder"
                )
        path = out / name
        if is_there(path) and not (name in earlier and is_regular(path)):
            raise UsageError(
                f"{path}: no earlier site wrote it, and this one would replace it; move it away"
            )
    with writing("the site", out):
        out.mkdir(parents=True, exist_ok=True)
        # First, so that a later site knows the files of one that was interrupted.
        _mark(out, earlier | set(files))
        for name, data in files.items():
            write_whole(place_for(out, name), data, flush=False)
        remove_files(out, sorted(earlier - set(files)))
        _mark(out, files)


def _folders(out: Path, name: str) -> list[Path]:
    """The folders between ``out`` and the file ``name``, from the top."""
    return [out / parent for parent in reversed(PurePosixPath(name).parents[:-1])]


def _mark(out: Path, names: Mapping[str, bytes] | frozenset[str]) -> None:
    text = json.dumps({"files": sorted(names)}, indent=0)
    write_whole(out / MARKER, f"{text}\n".encode(), flush=False)

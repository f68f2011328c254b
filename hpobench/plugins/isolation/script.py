"""The inline metadata (PEP 723) with which a plugin file asks for an environment of its own.

# /// script
# requires-python = ">=3.11"
# dependencies = ["hyperopt==0.3.0"]
# ///
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from hpobench.contract.errors import PluginError
from hpobench.contract.files import write_whole
from hpobench.plugins.syntax import read_text, status_of

_DETAILS = re.compile(r"(?m)^ +\{.*\},$\n")
"""Dependencies and hashes of files, which uv writes a line each: nine tenths of a lock, and nothing
that is asked here."""
_BLOCK = re.compile(r"(?m)^# /// script\s*$\s(?P<content>(^#(| .*)$\s)+?)^# ///\s*$")


@dataclass(frozen=True)
class Script:
    """A plugin file with such a header."""

    file: Path
    header: str
    """The text of the block in the file."""
    metadata: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of its environment."""
        return self.file.stem

    @property
    def lock_file(self) -> Path:
        return lock_beside(self.file)

    @property
    def locked(self) -> bool:
        return self.lock_file.is_file()

    def packages(self) -> list[tuple[str, str]]:
        """The distributions and versions in the lock, sorted; some are for other platforms only.

        Raises :class:`PluginError` if there is no lock or it cannot be read.
        """
        if not self.lock_file.exists():
            raise PluginError(
                f"{self.file}: its environment is not locked; `hpobench env sync {self.file}` "
                "writes the lock file beside it"
            )
        return packages_in(self.lock_file)

    def lay(self, folder: Path) -> Path:
        """Write the header and the lock into ``folder``, as a script of its name."""
        script = folder / f"{self.name}.py"
        write_whole(script, f"{self.header}\n".encode())
        write_whole(lock_beside(script), self.lock_file.read_bytes())
        return script

    def speaker(self, searcher: str) -> str:
        """What ``searcher`` is called in errors."""
        return searcher

    @property
    def again(self) -> str:
        """What tries again to build the environment."""
        return f"`hpobench env sync {self.file}` tries again"

    def reason(self, message: str) -> str:
        """Why it could not be built: uv's ``message``, or for a stale lock what renews it."""
        if "lockfile" in message and "needs to be updated" in message:
            return (
                "uv sync failed: the header and the lock do not fit each other; "
                f"`hpobench env sync --upgrade {self.file}` locks it anew"
            )
        return message

    def lock_hash(self) -> str:
        """A hash of the versions in the lock, which does not depend on how uv writes them."""
        text = json.dumps(self.packages())
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def key(self) -> str:
        """A hash of the header and the lock, from which the environment is made."""
        text = f"{self.header}\n{self.lock_hash()}"
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def lock_beside(file: Path) -> Path:
    """The lock file that uv keeps beside the script ``file``."""
    return file.with_name(f"{file.name}.lock")


def packages_in(lock: Path) -> list[tuple[str, str]]:
    """The distributions and versions in the file ``lock``; raises :class:`PluginError`."""
    status = status_of(lock)
    return _packages(lock, status.st_mtime_ns, status.st_size)


def read_script(file: Path) -> Script | None:
    """The header of ``file``; ``None`` if it has none, so that it runs in the harness's process.

    Raises :class:`PluginError` for an invalid header.
    """
    status = status_of(file)
    return _read(file, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1024)
def _read(file: Path, _mtime: int, _size: int) -> Script | None:
    text = read_text(file)
    if (count := text.count("# /// script")) > 20:  # the pattern would take for ever
        raise PluginError(f"{file}: has {count:,} lines '# /// script'; one is allowed")
    found = list(_BLOCK.finditer(text)) if count else ()
    if not found:
        return None
    if len(found) > 1:
        raise PluginError(f"{file}: has {len(found)} '/// script' blocks; one is allowed")
    lines = found[0]["content"].splitlines()
    header = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    try:
        metadata = tomllib.loads(header)
    except (ValueError, RecursionError) as error:
        raise PluginError(f"{file}: its '/// script' block is not valid TOML: {error}") from error
    needs, python = metadata.get("dependencies", []), metadata.get("requires-python", "")
    try:
        if not (isinstance(needs, list) and all(isinstance(need, str) for need in needs)):
            raise TypeError("dependencies must be a list of texts")
        for need in needs:
            Requirement(need)
        if not isinstance(python, str):
            raise TypeError(f"requires-python must be a text, not {python!r:.60}")
        SpecifierSet(python)
    except (ValueError, TypeError) as error:
        raise PluginError(f"{file}: its '/// script' block: {error}") from error
    return Script(file, found[0][0], metadata)


@functools.lru_cache(maxsize=1024)
def _packages(lock: Path, _mtime: int, _size: int) -> list[tuple[str, str]]:
    try:
        content = tomllib.loads(_DETAILS.sub("", lock.read_text(encoding="utf-8")))
        if "requires-python" in content:
            rows = [(row["name"], row["version"]) for row in content.get("package", ())]
            for word in itertools.chain(*rows):
                if not isinstance(word, str):
                    raise TypeError(f"{word!r:.60} is no text")
            return sorted(rows)
        reason = "it does not say which Python it is for"
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
    raise PluginError(
        f"{lock}: not a lock file of uv: {reason}; remove it, and `hpobench env sync` makes another"
    )

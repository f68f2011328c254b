"""Releases of a searcher's library, which suites name by the key ``release`` of an entry.

A release runs in an environment of its own. It needs what the plugin needs, but for the library,
which is pinned. The rest is locked in the environment's folder: in the versions of the plugin's own
lock where it has one and they fit, else in the newest that go with the release.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hpobench.contract.cell import PluginRef
from hpobench.contract.errors import NotAvailableError
from hpobench.contract.files import write_whole
from hpobench.plugins.isolation.environments import run_uv
from hpobench.plugins.isolation.script import Script, lock_beside, read_script
from hpobench.plugins.modules import load_class

RELEASE = "release"
AT = "@"
"""What stands between a plugin's file and a release in the name of an environment."""


@dataclass(frozen=True)
class ReleaseScript(Script):
    """What a plugin file needs with a ``release`` of its ``library``."""

    library: str
    release: str
    own: Script | None
    """The file's own header; ``None`` if it runs in the harness's process without a release."""

    @property
    def name(self) -> str:
        return f"{self.file.stem}{AT}{self.release}"

    @property
    def locked(self) -> bool:
        """Whether the versions are known from which the release's are chosen."""
        return self.own is None or self.own.locked

    def packages(self) -> list[tuple[str, str]]:
        """What is known of its packages before it is built."""
        if self.own is not None:
            self.own.packages()
        return [(self.library, self.release)]

    def lay(self, folder: Path) -> Path:
        """Write the header into ``folder`` as a script, and lock it."""
        script = folder / f"{self.name}.py"
        write_whole(script, f"{self.header}\n".encode())
        if self.own is not None:  # uv keeps the versions of a lock that fit
            write_whole(lock_beside(script), self.own.lock_file.read_bytes())
        run_uv("lock", "--script", str(script), UV_FIND_LINKS="")
        return script

    def speaker(self, searcher: str) -> str:
        return f"{searcher} with {self.library} {self.release}"

    @property
    def again(self) -> str:
        return "`hpobench run` tries again"

    def reason(self, message: str) -> str:
        text = " ".join(message.split())
        library = canonicalize_name(self.library)
        if re.search(rf"no version of {library}(\[[^]]*\])?=={re.escape(self.release)}\b", text):
            return f"there is no release {self.release} of {self.library}"
        # The rest is what the build printed.
        text = text.partition("[stderr]")[0].strip()
        return f"{self.library} {self.release} cannot be installed here: {text}"

    def lock_hash(self) -> str:
        """A hash of the plugin's own lock; empty without one."""
        # A cell's id must be known before the release is resolved, so what uv chooses for the
        # release is no part of it. The provenance of results has every version.
        return "" if self.own is None else self.own.lock_hash()


def script_of(searcher: PluginRef) -> Script | None:
    """What the environment is made from that ``searcher`` runs in; ``None`` if it has none. Raises
    :class:`PluginError` for an invalid header, and if a release's file cannot be imported."""
    own = read_script(Path(searcher.file))
    release = searcher.given.get(RELEASE)
    if release is None:
        return own
    cls: Any = load_class(searcher.file, searcher.cls)
    library, python = cls.library, sys.version_info
    metadata: dict[str, Any] = {"dependencies": cls.requires} if own is None else dict(own.metadata)
    needs = list(map(Requirement, metadata.get("dependencies", ())))
    same = [need for need in needs if _is(need, library)]
    pinned = Requirement(same[0].name if same else library)
    pinned.extras = set().union(*(need.extras for need in same))
    pinned.specifier = SpecifierSet(f"=={release}")
    others = [str(need) for need in needs if not _is(need, library)]
    metadata["dependencies"] = [str(pinned), *others]
    # Of the running minor version alone, if that fits: the release is resolved for this machine,
    # and an older one may have an upper bound.
    wanted = str(metadata.get("requires-python", ""))
    fits = SpecifierSet(wanted).contains(".".join(map(str, python[:3])))
    metadata["requires-python"] = f"=={python[0]}.{python[1]}.*" if fits else wanted
    keys = [f"# {key} = {json.dumps(metadata[key])}" for key in ("requires-python", "dependencies")]
    tables = re.search(r"(?m)^# \[", own.header) if own is not None else None  # settings of uv
    end = own.header[tables.start() :].rstrip() if own is not None and tables else "# ///"
    header = "\n".join(["# /// script", *keys, end])
    return ReleaseScript(Path(searcher.file), header, metadata, library, release, own)


def _is(need: Requirement, library: str) -> bool:
    return canonicalize_name(need.name) == canonicalize_name(library)


def parse_release(value: object) -> str | None:
    """The release that ``value`` names, as uv spells it; ``None`` for ``none``.

    Raises :class:`ValueError` that says what is wrong.
    """
    if value is None or value == "none":
        return None
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no release; write it in quotes, like "4.10.0"')
    try:
        return str(Version(value))
    except InvalidVersion:
        raise ValueError(f'{value!r} is no release; name one, like "4.10.0"') from None


def release_objection(cls: Any, file: Path) -> str | None:
    """The reason why the searcher class ``cls`` has no releases, or ``None`` if it has."""
    if not (library := getattr(cls, "library", "")):
        return "the searcher names no library that it could have releases of"
    own = read_script(file)
    needs = [] if own is None else map(Requirement, own.metadata.get("dependencies", ()))
    if own is not None and not any(_is(need, library) for need in needs):
        return f"the header of {file} does not ask for the searcher's library, {library}"
    return None


def releases_between(library: str, low: str, high: str) -> list[str]:
    """The releases of ``library`` above ``low`` and below ``high``, the oldest first.

    They are those that uv would install here: no pre-release, no yanked one, none for another
    Python, from the index that uv is told to use. Raises :class:`NotAvailableError` with uv's
    message if the index cannot be read, or does not have the library.
    """
    found: list[str] = []
    above = f"{library}>={low},!={low}"  # ">" alone would leave out post-releases of the lowest
    while (newest := _newest(f"{above},<{found[-1] if found else high}")) is not None:
        found.append(newest)
    return found[::-1]


def _newest(requirement: str) -> str | None:
    """The newest release that fits ``requirement``; ``None`` if none does."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.in")
        wanted.write_text(requirement, encoding="utf-8")
        command = ("pip", "compile", "--no-deps", "--no-header", "--no-annotate")
        python = ("--python", sys.executable, "--prerelease", "disallow")
        try:
            line = run_uv(*command, *python, str(wanted), UV_FIND_LINKS="")
        except NotAvailableError as error:
            message = " ".join(str(error).split())
            # uv says the same of an index that could not be asked, or that lacks the library.
            unknown = re.search(r"was not found in|network was disabled", message)
            if "No solution found" in message and not unknown:
                return None
            raise
    return line.partition("==")[2].split()[0]

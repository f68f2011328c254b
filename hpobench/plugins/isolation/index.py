"""The releases of a library that the package index has, as uv sees them."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from hpobench.contract.errors import NotAvailableError
from hpobench.plugins.isolation.environments import run_uv

_NONE = "No solution found"
"""How uv says that no release fits."""
_UNKNOWN = re.compile(r"was not found in|network was disabled")
"""How it says that the index could not be asked, or does not have the library."""


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
            if _NONE in message and not _UNKNOWN.search(message):
                return None
            raise
    return line.partition("==")[2].split()[0]

"""The origin of a result: versions, host, commit."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from hpobench.contract.package import PACKAGE, VERSION

_ALWAYS = ("ray", "numpy", "scipy", "pandas", "pyarrow")


def versions(requirements: Iterable[str]) -> dict[str, str]:
    """Installed versions of hpobench, of what it always uses, and of ``requirements``."""
    found = {"hpobench": VERSION, "python": platform.python_version()}
    for name in (*_ALWAYS, *map(_name, requirements)):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = _version(name)
    return found


@functools.cache
def _name(requirement: str) -> str:
    return Requirement(requirement).name


@functools.cache
def _version(name: str) -> str:
    """The installed version, read once: what is imported by now stays in this process."""
    return metadata.version(name)


@functools.cache
def host() -> dict[str, Any]:
    """The machine that the calling process runs on."""
    return {
        "name": platform.node(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "processor": _processor(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


@functools.cache
def commit() -> str | None:
    """The commit of the checkout that hpobench runs from, marked if there are changes;
    ``None`` when it was installed."""
    folder = PACKAGE.parent
    if not (folder / ".git").exists():
        return None
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None

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


def versions(requirements: Iterable[str]) -> dict[str, str]:
    """Installed versions of hpobench, of what it always uses, and of ``requirements``."""
    found = {"hpobench": VERSION, "python": platform.python_version()}
    for requirement in ("ray", "numpy", "scipy", "pandas", "pyarrow", *requirements):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found |= _installed(requirement)
    return found


@functools.cache  # what is imported by now stays in this process, whatever is installed later
def _installed(requirement: str) -> dict[str, str]:
    name = Requirement(requirement).name
    return {name: metadata.version(name)}


@functools.cache
def host() -> dict[str, Any]:
    """The machine that the calling process runs on."""
    cpuinfo, lines = Path("/proc/cpuinfo"), list[str]()
    if cpuinfo.exists():  # on Linux, where platform.processor() is empty or the architecture
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "name": platform.node(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "processor": models[0] if models else platform.processor(),
    }


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

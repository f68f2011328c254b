"""The environment variables of processes that run cells, and the marks of a Ray of our own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hpobench.running.ray.servers import session_folder

MARK = "HPOBENCH_SESSION"
"""The environment variable that all processes of a local Ray have. It holds their folder."""
PREFIX = "hpobench-ray-"
"""How the name of the folder of such a Ray begins."""
# One thread per cell, and the same string hashes in every worker, because neither may change a
# result.
_WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
_FOLDERS = ("HPOBENCH_DATA", "HPOBENCH_ENVIRONMENTS")
"""The variables that name folders of a user's choice; every node uses what the driver uses."""


def runtime_environment(**more: str) -> dict[str, Any] | None:
    """The runtime environment of tasks and actors: our pins, the user's folders, and ``more``.

    Each task asks for it, because a Ray that the caller started does not have it. The processes of
    a Ray of our own are started with it: there Ray would take half a second to make it.
    """
    folder = session_folder()
    own = folder and any(part.startswith(PREFIX) for part in Path(folder).parts)
    there = process_environment() if own else {}
    wanted = process_environment() | more
    lacking = {name: value for name, value in wanted.items() if there.get(name) != value}
    return {"env_vars": lacking} if lacking else None


def process_environment() -> dict[str, str]:
    """The environment variables of processes that run cells."""
    given = {name: folder for name in _FOLDERS if (folder := os.environ.get(name))}
    folders = {name: str(Path(folder).resolve()) for name, folder in given.items()}
    return _WORKER_ENVIRONMENT | folders

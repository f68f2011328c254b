"""The processes that run cells: which of these share one, and the environment variables they have.

Shipped plugins leave their process as they found it, which the conformance suite checks, so that
their cells share processes. Any other plugin file may do anything, so that its cells run in
processes that serve no cells but those of the same files. So do cells of a shipped problem that
runs code of the user's, with the options that name this code.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import Any

from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.package import is_shipped
from hpobench.plugins.modules import load_class
from hpobench.running.ray.servers import PREFIX, session_folder

VARIABLE = "HPOBENCH_PLUGINS"
"""The environment variable that names the kind of a process. Ray tells processes apart by it: it
reuses one only for tasks of the same runtime environment."""
# One thread per cell, and the same string hashes in every worker, because neither may change a
# result.
_PINNED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def process_key(*plugins: PluginRef) -> str:
    """The kind of process for code of ``plugins``; empty for the one that shipped plugins share."""
    code = set()
    for plugin in plugins:
        if not _is_shipped(plugin.file):
            code.add(plugin.file)
        elif plugin.kind == "problem" and getattr(
            load_class(plugin.file, plugin.cls), "private_process", False
        ):
            code.add(plugin.to_text())
    if not code:
        return ""
    return hashlib.blake2b("\0".join(sorted(code)).encode(), digest_size=8).hexdigest()


_is_shipped = functools.cache(is_shipped)  # a run asks for each of its cells


def cell_key(cell: Cell) -> str:
    """The kind of process that runs ``cell``."""
    return process_key(cell.searcher, cell.scheduler, cell.problem)


def environment_of(key: str = "", **more: str) -> dict[str, Any] | None:
    """The runtime environment of tasks and actors of the kind ``key``, with ``more`` variables.

    Each task asks for it, because a Ray that the caller started does not have it. The processes of
    a Ray of our own are started with it: there Ray would take half a second to make it.
    """
    folder = session_folder()
    own = folder and any(part.startswith(PREFIX) for part in Path(folder).parts)
    there = process_environment() if own else {}
    wanted = process_environment() | more | ({VARIABLE: key} if key else {})
    lacking = {name: value for name, value in wanted.items() if there.get(name) != value}
    return {"env_vars": lacking} if lacking else None


def process_environment() -> dict[str, str]:
    """The environment variables of processes that run cells."""
    # Folders of the user's choice: every node uses what the driver uses.
    names = ("HPOBENCH_DATA", "HPOBENCH_ENVIRONMENTS")
    chosen = {name: folder for name in names if (folder := os.environ.get(name))}
    return _PINNED | {name: str(Path(folder).resolve()) for name, folder in chosen.items()}

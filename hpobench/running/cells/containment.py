"""Which cells share a process, so that what a plugin does there reaches no other plugin's cells.

Shipped plugins leave their process as they found it, which the conformance suite checks, so that
their cells share processes. Any other plugin file may do anything. Its cells run in processes that
serve no cells but those of the same files. So do cells of a shipped problem that runs code of the
user's, with the options that name this code.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

from hpobench.contract.cell import Cell, PluginRef
from hpobench.contract.package import is_shipped
from hpobench.plugins.modules import load_class
from hpobench.running.ray.environment import runtime_environment

VARIABLE = "HPOBENCH_PLUGINS"
"""The environment variable that names the kind of a process. Ray tells processes apart by it: it
reuses one only for tasks of the same runtime environment."""


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


def environment_of(key: str, **more: str) -> dict[str, Any] | None:
    """The runtime environment of processes of the kind ``key``, with ``more`` variables."""
    return runtime_environment(**more, **({VARIABLE: key} if key else {}))

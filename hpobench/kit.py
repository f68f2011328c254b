"""Tools for plugin files, beside the contract in :mod:`hpobench.api`.

Errors to raise, seeds and uniform numbers that do not depend on the order of calls, data that
is not shipped, tables that processes share, recorded tables, and the programs, Python files and
trainables of Ray Tune that suites name.
A name is imported when it is used: isolated searchers have neither numpy nor Ray.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpobench import data
    from hpobench.contract.errors import (
        NotAvailableError,
        SpaceError,
        TrialError,
        UnknownNameError,
        UsageError,
    )
    from hpobench.contract.losses import as_number
    from hpobench.contract.seeding import derive_seed, global_generators, uniform
    from hpobench.data.catalogue import is_openml
    from hpobench.data.local import sha256
    from hpobench.data.mapped import mapped
    from hpobench.data.openml import TABLE
    from hpobench.plugins.isolation.conversation import Conversation
    from hpobench.plugins.isolation.searcher import RemoteSearcher, surroundings
    from hpobench.plugins.program import Program
    from hpobench.plugins.ray_searcher import to_ray_space
    from hpobench.plugins.script import ScriptObject
    from hpobench.recording.table import Table, read_about, read_table, write_table
    from hpobench.running.ray.trainable import TrainableTraining, trainable_class

__all__ = [
    "TABLE",
    "Conversation",
    "NotAvailableError",
    "Program",
    "RemoteSearcher",
    "ScriptObject",
    "SpaceError",
    "Table",
    "TrainableTraining",
    "TrialError",
    "UnknownNameError",
    "UsageError",
    "as_number",
    "data",
    "derive_seed",
    "global_generators",
    "is_openml",
    "mapped",
    "read_about",
    "read_table",
    "sha256",
    "surroundings",
    "to_ray_space",
    "trainable_class",
    "uniform",
    "write_table",
]

_HOMES = {
    "contract.errors": (
        "NotAvailableError",
        "SpaceError",
        "TrialError",
        "UnknownNameError",
        "UsageError",
    ),
    "contract.losses": ("as_number",),
    "contract.seeding": ("derive_seed", "global_generators", "uniform"),
    "data.catalogue": ("is_openml",),
    "data.local": ("sha256",),
    "data.mapped": ("mapped",),
    "data.openml": ("TABLE",),
    "plugins.isolation.conversation": ("Conversation",),
    "plugins.isolation.searcher": ("RemoteSearcher", "surroundings"),
    "plugins.program": ("Program",),
    "plugins.ray_searcher": ("to_ray_space",),
    "plugins.script": ("ScriptObject",),
    "recording.table": ("Table", "read_about", "read_table", "write_table"),
    "running.ray.trainable": ("TrainableTraining", "trainable_class"),
}


def __getattr__(name: str) -> Any:
    if name == "data":
        return importlib.import_module("hpobench.data")
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"hpobench.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

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
    from hpobench import data as data
    from hpobench.contract.errors import NotAvailableError as NotAvailableError
    from hpobench.contract.errors import SpaceError as SpaceError
    from hpobench.contract.errors import TrialError as TrialError
    from hpobench.contract.errors import UnknownNameError as UnknownNameError
    from hpobench.contract.errors import UsageError as UsageError
    from hpobench.contract.losses import as_number as as_number
    from hpobench.contract.seeding import derive_seed as derive_seed
    from hpobench.contract.seeding import global_generators as global_generators
    from hpobench.contract.seeding import uniform as uniform
    from hpobench.data.catalogue import is_openml as is_openml
    from hpobench.data.local import sha256 as sha256
    from hpobench.data.mapped import mapped as mapped
    from hpobench.data.openml import TABLE as TABLE
    from hpobench.plugins.isolation.conversation import Conversation as Conversation
    from hpobench.plugins.isolation.remote import RemoteSearcher as RemoteSearcher
    from hpobench.plugins.isolation.remote import surroundings as surroundings
    from hpobench.plugins.ray_searcher import to_ray_space as to_ray_space
    from hpobench.plugins.runnable import Program as Program
    from hpobench.plugins.runnable import ScriptObject as ScriptObject
    from hpobench.recording.table import Table as Table
    from hpobench.recording.table import read_about as read_about
    from hpobench.recording.table import read_table as read_table
    from hpobench.recording.table import write_table as write_table
    from hpobench.running.ray.trainable import TrainableTraining as TrainableTraining
    from hpobench.running.ray.trainable import trainable_class as trainable_class

_HOMES = {
    "contract.errors": "NotAvailableError SpaceError TrialError UnknownNameError UsageError",
    "contract.losses": "as_number",
    "contract.seeding": "derive_seed global_generators uniform",
    "data.catalogue": "is_openml",
    "data.local": "sha256",
    "data.mapped": "mapped",
    "data.openml": "TABLE",
    "plugins.isolation.conversation": "Conversation",
    "plugins.isolation.remote": "RemoteSearcher surroundings",
    "plugins.runnable": "Program ScriptObject",
    "plugins.ray_searcher": "to_ray_space",
    "recording.table": "Table read_about read_table write_table",
    "running.ray.trainable": "TrainableTraining trainable_class",
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}
__all__ = sorted([*_MODULES, "data"])


def __getattr__(name: str) -> Any:
    if name == "data":
        return importlib.import_module("hpobench.data")
    if name in _MODULES:
        return getattr(importlib.import_module(f"hpobench.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

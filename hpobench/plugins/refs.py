"""A plugin with options, named outside of a suite: on the command line, or by another module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpobench.contract.cell import Kind, PluginRef
from hpobench.contract.errors import NotAvailableError, UsageError
from hpobench.plugins.options import label, resolve
from hpobench.plugins.registry import Registry


def plugin_ref(
    registry: Registry,
    kind: Kind,
    name: str,
    options: Mapping[str, Any],
    *,
    given: str | None = None,
) -> PluginRef:
    """The plugin ``name`` with ``options`` in plain JSON types; ``given``: its label.

    Relative paths among the options start in the working folder. Raises :class:`UsageError` with
    all that is wrong with the options, and :class:`NotAvailableError` where it cannot run here.
    """
    entry = registry.find(kind, name)
    if (reason := entry.missing()) is not None:
        raise NotAvailableError(f"{kind} {name}: {reason}")
    cls = entry.load()
    whole, faults = resolve(cls, options)
    if faults:
        told = (f"{f.key}: {f.message}" if f.key else f.message for f in faults)
        raise UsageError(f"{kind} {name}: {'; '.join(told)}")
    called = given or label(cls, name, whole)
    return PluginRef(kind, name, called, whole, str(entry.file), entry.cls, str(Path.cwd()))

"""References to plugins outside of a suite: on the command line, or from another module."""

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
    """The plugin ``name`` with ``options`` in plain JSON types, under the label ``given``.

    Relative paths among the options start in the working folder. Raises :class:`UsageError` with
    all faults of the options, and :class:`NotAvailableError` if the plugin cannot run here.
    """
    entry = registry.find(kind, name)
    if (reason := entry.missing()) is not None:
        raise NotAvailableError(f"{kind} {name}: {reason}")
    cls = entry.load()
    whole, faults = resolve(cls, options)
    if faults:
        messages = (f"{f.key}: {f.message}" if f.key else f.message for f in faults)
        raise UsageError(f"{kind} {name}: {'; '.join(messages)}")
    called = given or label(cls, name, whole)
    return PluginRef(kind, name, called, whole, str(entry.file), entry.cls, str(Path.cwd()))

"""A cell's identity: a hash of everything that changes its result.

A suite that runs again finds its finished cells by their identity. Whatever changes only how
things look is left out: comments, docstrings and formatting of plugin files, the labels of
searchers and schedulers, the order of a suite. A problem's label is part of it, because the cell's
seeds come from the label.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from packaging.requirements import Requirement

from hpobench.contract.algorithms import Searcher
from hpobench.contract.cell import Budget, PluginRef, Tell
from hpobench.contract.package import VERSION
from hpobench.plugins.foreign import calling, text_or_none
from hpobench.plugins.isolation.releases import RELEASE, script_of
from hpobench.plugins.modules import load_class
from hpobench.plugins.syntax import source_hash

IDENTITY_VERSION = 2
"""Raise this number when the same spec gives other results, or when the spec changes its form.

Of hpobench itself only its version and this number count, not its source: in a checkout, cells
that ran before an edit of the harness stay valid until one of the two is raised.
"""


def plugin_facts(ref: PluginRef) -> dict[str, Any]:
    """What of a plugin changes results."""
    cls: Any = load_class(ref.file, ref.cls)
    # The packages of a release are not those that are installed here.
    requires = getattr(cls, "requires", ()) if RELEASE not in ref.given else ()
    names = sorted(Requirement(text).name for text in requires)
    script = script_of(ref) if ref.kind == "searcher" else None
    data = None
    if Searcher in cls.__mro__:
        with calling(ref.file, "fingerprint() failed"):
            found = cls.fingerprint(Path(ref.folder), ref.options)
            data = text_or_none(ref.file, "fingerprint()", found)
    return {
        "name": ref.name,
        "class": ref.cls,
        "options": dict(ref.options),
        "source": source_hash(Path(ref.file)),
        "packages": {name: _version(name) for name in names},
        **({} if script is None else {"lock": script.lock_hash()}),
        **({"data": data} if data else {}),
        **({"given": dict(ref.given)} if ref.given else {}),
    }


def cell_ids(
    searcher: PluginRef,
    scheduler: PluginRef,
    problem: PluginRef,
    budget: Budget,
    workers: int,
    stage: str,
    tell: Tell,
    data: str = "",
    more: Mapping[str, Any] = MappingProxyType({}),
    facts: Callable[[PluginRef], dict[str, Any]] = plugin_facts,
) -> Callable[[int], tuple[str, str]]:
    """Makes, of a seed, a readable id that is safe as a file name, and the JSON whose hash it ends
    with; ``data`` is the problem's fingerprint, ``more`` whatever else the stage depends on."""
    refs = {"searcher": searcher, "scheduler": scheduler, "problem": problem}
    names = (searcher.name, scheduler.name, problem.label)
    shared = {
        "version": IDENTITY_VERSION,
        "hpobench": VERSION,
        "ray": _version("ray"),
        **{kind: facts(ref) for kind, ref in refs.items()},
        "label": problem.label,
        "data": data,
        "budget": budget.to_json(),
        "workers": workers,
        "stage": stage,
        "tell": tell,
        **more,
    }
    # What cells that differ in their seeds share is written once: a plan may have a million cells.
    before, after = (
        json.dumps(
            {key: value for key, value in shared.items() if (key < "seed") is first},
            sort_keys=True,
            separators=(",", ":"),
        )
        for first in (True, False)
    )
    # Names, because a searcher or scheduler with a new label must find its cells. The id has 32
    # characters of each, so that it stays well within a file name's length.
    words = (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-") for name in names)
    prefix = "-".join(word or "x" for word in words)

    def with_seed(seed: int) -> tuple[str, str]:
        text = f'{before[:-1]},"seed":{seed},{after[1:]}'
        digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        return f"{prefix}-s{seed}-{digest}", text

    return with_seed


@functools.cache
def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None

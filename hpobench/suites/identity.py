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
from hpobench.plugins.source import source_hash

IDENTITY_VERSION = 2
"""Raise this number when the same spec gives other results, or when the spec changes its form.

Of hpobench itself only its version and this number count, not its source: in a checkout, cells
that ran before an edit of the harness stay valid until one of the two is raised.
"""

_SLUG = 32
"""Characters of each label in an id, so that an id stays well within a file name's length."""


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
) -> Callable[[int], tuple[str, str]]:
    """Makes, of a seed, a readable id that is safe as a file name, and the JSON whose hash it ends
    with.

    ``data`` is the problem's fingerprint, ``more`` whatever else the stage depends on. What cells
    that differ in their seeds share is looked up and written once, because a plan may have a
    million of them.
    """
    refs = {"searcher": searcher, "scheduler": scheduler, "problem": problem}
    shared = {
        "version": IDENTITY_VERSION,
        "hpobench": VERSION,
        "ray": _version("ray"),
        **{kind: _plugin(ref) for kind, ref in refs.items()},
        "label": problem.label,
        "data": data,
        "budget": budget.to_json(),
        "workers": workers,
        "stage": stage,
        "tell": tell,
        **more,
    }
    before, after = (
        _json({key: value for key, value in shared.items() if (key < "seed") is first})
        for first in (True, False)
    )
    # Names, because a searcher or scheduler with a new label must find its cells.
    prefix = "-".join(map(_slug, (searcher.name, scheduler.name, problem.label)))

    def with_seed(seed: int) -> tuple[str, str]:
        text = f'{before[:-1]},"seed":{seed},{after[1:]}'
        digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        return f"{prefix}-s{seed}-{digest}", text

    return with_seed


def _json(part: Mapping[str, Any]) -> str:
    return json.dumps(part, sort_keys=True, separators=(",", ":"))


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:_SLUG].strip("-") or "x"


def _plugin(ref: PluginRef) -> dict[str, Any]:
    # The packages of a release are not those that are installed here.
    here = RELEASE not in ref.given
    requires = getattr(load_class(ref.file, ref.cls), "requires", ()) if here else ()
    names = sorted(Requirement(text).name for text in requires)
    script = script_of(ref) if ref.kind == "searcher" else None
    data = _searcher_data(ref) if ref.kind == "searcher" else ""
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


def _searcher_data(ref: PluginRef) -> str:
    cls: Any = load_class(ref.file, ref.cls)
    if Searcher not in cls.__mro__:
        return ""
    with calling(ref.file, "fingerprint() failed"):
        data = text_or_none(
            ref.file, "fingerprint()", cls.fingerprint(Path(ref.folder), ref.options)
        )
    return data or ""


@functools.cache
def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None

"""A small archive of evidence, and the suites that it was made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

import hpobench
from hpobench.evidence.archive import RUNS, Archive, joined
from hpobench.evidence.distilling import distilled
from hpobench.store.format import schema

BASE: dict[str, Any] = {
    "name": "evidence",
    "searchers": ["random", {"name": "sobol", "as": "even"}],
    "problems": ["branin", {"counting-ones": {"categorical": 4, "continuous": 4}}],
    "seeds": 2,
    "budget": {"evaluations": 6},
}
STOPPING = BASE | {"name": "evidence-stopping", "schedulers": ["asha"], "searchers": ["random"]}
SUITES = (BASE, STOPPING)
RUNS_HELD = 2 * 2 * 2 + 1 * 1 * 2


def make_archive(folder: Path) -> Archive:
    """The archive of :data:`SUITES`, which run into ``folder``."""
    names = [one["name"] for one in SUITES]
    for suite in SUITES:
        hpobench.run(suite, results=folder, report=False, cpus=2)
    return joined([distilled(folder / name) for name in names])


def altered(archive: Archive, *changes: Callable[[dict[str, Any]], None]) -> Archive:
    """``archive`` with its first rows altered, each by one of ``changes``, in their order."""
    rows = archive.runs.to_pylist()
    for row, change in zip(rows, changes, strict=False):
        change(row)
    return replace(archive, runs=pa.Table.from_pylist(rows, schema=schema.plain(RUNS)))

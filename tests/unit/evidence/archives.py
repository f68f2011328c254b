"""Small archives, made up for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hpobench.evidence.archive import (
    BUDGETS,
    RUNS,
    Archive,
    PluginFacts,
    ProblemFacts,
    joined,
    ordered,
    quantised,
)
from hpobench.evidence.features import Features
from hpobench.store.format import schema

FLAT = Features(2, 0, 0, 1, False, 1)
FACTS = ProblemFacts("family", FLAT, heldout=False, reference=1, name="branin", options={})
FIFO = {"fifo": PluginFacts("fifo", {}, "")}


def made(seeds: range = range(3), *, searcher: str = "random", **changes: Any) -> Archive:
    """An archive of one searcher on the problems ``a`` and ``b``."""
    keys = [(problem, seed) for problem in "ba" for seed in seeds]
    losses = [np.random.default_rng([ord(p), seed]).random(len(BUDGETS)) for p, seed in keys]
    columns = {
        "cell": [f"{problem}{seed}{searcher}"[:6].ljust(6).encode() for problem, seed in keys],
        "regret": quantised(np.minimum.accumulate(losses, axis=1)),
        "content": [f"{problem}{seed:07}".encode() for problem, seed in keys],
    }
    return _archive(searcher, keys, {"a": FACTS, "b": FACTS}, {**columns, **changes})


def _archive(
    searcher: str,
    keys: Sequence[tuple[str, int]],
    problems: Mapping[str, ProblemFacts],
    columns: Mapping[str, Any],
) -> Archive:
    """An archive with a run of ``searcher`` for each problem and seed of ``keys``."""
    usual: dict[str, Any] = {
        "searcher": [searcher] * len(keys),
        "scheduler": ["fifo"] * len(keys),
        "problem": [problem for problem, _ in keys],
        "seed": [seed for _, seed in keys],
        "workers": [4] * len(keys),
        "cell": None,
        "done": [True] * len(keys),
        "trials": [100] * len(keys),
        "results": [100 * problems[problem].features.steps for problem, _ in keys],
        "thinking": [0.001] * len(keys),
        "regret": None,
        "visible": pa.nulls(len(keys), RUNS.field("visible").type),
        "content": None,
    }
    runs = ordered(pa.table({**usual, **columns}, schema=schema.plain(RUNS)))
    searchers = {searcher: PluginFacts(searcher, {}, "library 1.0")}
    return Archive(runs, dict(problems), searchers, FIFO)


def of_levels(
    levels: Mapping[str, float],
    problems: Mapping[str, ProblemFacts],
    *,
    thinking: Mapping[str, float] | None = None,
    seeds: Sequence[int] = range(4),
    spread: float = 0.02,
) -> Archive:
    """An archive in which each searcher comes near its level of regret on every problem."""
    parts: list[Archive] = []
    for searcher, level in levels.items():
        keys = [(problem, seed) for problem in problems for seed in seeds]
        random = np.random.default_rng(len(parts))
        regret = np.clip(level + spread * random.standard_normal(len(keys)), 0, 1)
        columns = {
            "cell": [f"{len(parts):02}{n:04}".encode() for n in range(len(keys))],
            "thinking": [(thinking or {}).get(searcher, 0.001)] * len(keys),
            "regret": quantised(np.repeat(regret[:, None], len(BUDGETS), axis=1)),
            "content": [f"{len(parts):03}{n:05}".encode() for n in range(len(keys))],
        }
        parts.append(_archive(searcher, keys, problems, columns))
    return joined(parts)

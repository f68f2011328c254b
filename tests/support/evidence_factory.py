"""Archives of evidence about made-up runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa

from hpobench.evidence.archive import (
    BUDGETS,
    RUNS,
    Archive,
    PluginFacts,
    ProblemFacts,
    ordered,
    quantised,
)
from hpobench.evidence.features import Features
from hpobench.store.format import schema

SKILL = {"random": 0.3, "sobol": 0.5, "optuna-tpe": 1.0}
"""How fast the regret of a searcher falls, by a power of the budget; others are in between."""


def facts(
    family: str, *, steps: int = 1, conditional: bool = False, options: dict[str, Any] | None = None
) -> ProblemFacts:
    features = Features(4, 2, 0, 2, conditional=conditional, steps=steps)
    return ProblemFacts(family, features, False, 1, name=family, options=options or {})


PROBLEMS: Mapping[str, ProblemFacts] = {
    "branin": facts("branin", options={"noise": 0.0}),
    "hartmann[dimension=3]": facts("hartmann"),
    "hartmann[dimension=6]": facts("hartmann"),
    "jenatton": facts("jenatton", conditional=True),
    "mf-hartmann[dimension=3,quality=bad]": facts("mf-hartmann", steps=27),
    "mf-hartmann[dimension=3,quality=good]": facts("mf-hartmann", steps=27),
}


def make_archive(
    searchers: Sequence[str] = ("random", "sobol", "optuna-tpe"),
    problems: Mapping[str, ProblemFacts] = PROBLEMS,
    *,
    seeds: int = 2,
    failed: Sequence[tuple[str, str, int]] = (),
) -> Archive:
    """Runs of all ``searchers`` but ``sobol`` on all ``problems``: under ``fifo`` with 1 and 4
    workers, and under ``asha`` with 4 where there are several steps, up to 50 full evaluations.

    ``sobol`` has no runs on spaces with conditions. ``failed``: searcher, problem and seed of the
    runs that failed.
    """
    rows = [
        (searcher, scheduler, problem, seed, workers)
        for searcher, problem, seed in product(searchers, problems, range(seeds))
        for scheduler, workers in (("fifo", 1), ("fifo", 4), ("asha", 4))
        if scheduler == "fifo" or problems[problem].features.steps > 1
        if searcher != "sobol" or not problems[problem].features.conditional
    ]
    hashes = [hashlib.sha256(repr(row).encode()).digest() for row in rows]
    labels = ("searcher", "scheduler", "problem", "seed", "workers")
    columns: dict[str, Any] = {
        **dict(zip(labels, zip(*rows, strict=True), strict=True)),
        "cell": [digest[:6] for digest in hashes],
        "done": [(row[0], row[2], row[3]) not in failed for row in rows],
        "trials": [100] * len(rows),
        "results": [
            problems[row[2]].features.steps * (100 if row[1] == "fifo" else 50) for row in rows
        ],
        "thinking": [0.001 * (1 + searchers.index(row[0])) for row in rows],
        "regret": quantised(
            np.array([_regret(*row[:3], digest) for row, digest in zip(rows, hashes, strict=True)])
        ),
        "visible": pa.nulls(len(rows), RUNS.field("visible").type),
        "content": [digest[6:14] for digest in hashes],
    }
    runs = ordered(pa.table(columns, schema=schema.plain(RUNS)))
    plugins = {label: PluginFacts(label, {"reach": 0.5}, "library 1.0") for label in searchers}
    schedulers = {label: PluginFacts(label, {}, "") for label in ("fifo", "asha")}
    return Archive(runs, dict(problems), plugins, schedulers)


def _regret(searcher: str, scheduler: str, problem: str, digest: bytes) -> np.ndarray:
    speed = SKILL.get(searcher, 0.7) + (0.2 if scheduler == "asha" else 0.0)
    luck = np.random.default_rng(list(digest)).uniform(0.7, 1.0)
    regret = np.clip(luck * (0.5 + len(problem) / 100) * BUDGETS**-speed, 0, 1)
    return np.where((scheduler == "asha") & (BUDGETS > 50), np.nan, regret)

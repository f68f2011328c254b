"""How often `hpobench compare` finds a regression where there is none, and where there is one.

    python -m benchmarks.false_alarms [--pool 400] [--comparisons 500] [--seeds 5 10 20]

Runs a cheap suite with many seeds once. For each comparison it draws two sets of runs and gives
them the same seeds. No false alarm: both sets are of the same searchers, so that nothing differs
but chance. A planted one: what NEW calls `optuna-tpe` are runs of random search, which ignores
what it is told.

Which run of a pair is BASE is a fair coin, whatever the pool, so that comparisons of one pool are
independent given which runs were paired: the number of false alarms is binomial, and its bound
exact.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.cells import run
from hpobench.analysis.core.pairing import paired
from hpobench.analysis.inference.gate import Gate, gate
from hpobench.analysis.settings import Settings
from hpobench.store.read.reader import Results, load_results
from hpobench.store.write.batch import Batch
from hpobench.store.write.problem_rows import problem_rows
from hpobench.store.write.writer import open_writer
from hpobench.suites.grid import build_plan
from hpobench.suites.suite import load_suite

SUITE = {
    "searchers": ["random", "optuna-tpe"],
    "schedulers": ["fifo"],
    "problems": ["branin", {"hartmann": {"dimension": 3}}, {"classic": {"function": "ackley"}}],
    "workers": 1,
    "budget": {"trials": 30},
}
QUICK = Settings(repetitions=2)
"""Intervals decide nothing."""


def stored(folder: Path, suite: Mapping[str, Any]) -> Path:
    """``folder`` with the results of ``suite``, run in this process."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "asked.yaml"
    file.write_text(json.dumps({"name": "stored", **suite}), encoding="utf-8")  # JSON is YAML
    loaded = load_suite(file)
    planned = build_plan(loaded)
    labels = {cell.id: (cell.searcher.label, cell.scheduler.label) for cell in planned.cells}
    plan = {"name": loaded.name, "suite": {}, "cells": list(labels), "skipped": []}
    for kind in ("searcher", "scheduler", "problem"):
        plan[f"{kind}s"] = list(dict.fromkeys(getattr(c, kind).label for c in planned.cells))
    with open_writer(folder) as writer:
        writer.begin(loaded.to_yaml(), plan, labels, problem_rows(planned.problems))
        writer.add([Batch.of([run(cell) for cell in planned.cells])])
    return folder


def part(pool: Results, seeds: Sequence[int]) -> Results:
    """The runs of ``seeds``, which become 0, 1, 2, ..."""
    cells = pool.cells[pool.cells["seed"].isin(seeds)]
    cells = cells.assign(seed=pd.Index(seeds).get_indexer(pd.Index(cells["seed"])))
    return replace(
        pool,
        cells=cells.reset_index(drop=True),
        events=_of(pool.events, cells),
        trials=_of(pool.trials, cells),
    )


def _of(frame: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["cell"].isin(cells["cell"])].reset_index(drop=True)


def blind(results: Results) -> Results:
    """``results`` in which random search's runs go by the name of the other searcher too."""
    cells = results.cells
    random = cells[cells["searcher"] == "random"]
    renamed = random.assign(cell="blind " + random["cell"], searcher="optuna-tpe")
    kept = _of(results.events, random), _of(results.trials, random)
    copies = (f.assign(cell="blind " + f["cell"].astype(str)) for f in kept)
    events, trials = (
        pd.concat([mine, copy], ignore_index=True) for mine, copy in zip(kept, copies, strict=True)
    )
    both = pd.concat([random, renamed], ignore_index=True)
    return replace(results, cells=both, events=events, trials=trials)


def comparisons(pool: Results, count: int, seeds: int, *, planted: bool, seed: int) -> list[Gate]:
    """What is found in ``count`` comparisons of ``seeds`` runs a side."""
    rng = np.random.default_rng([seed, seeds])
    every = pool.cells["seed"].unique()
    found = []
    for _ in range(count):
        drawn = rng.permutation(every)[: 2 * seeds]
        base, new = (part(pool, drawn[side::2].tolist()) for side in range(2))
        pairs = paired(base, blind(new) if planted else new)
        found.append(gate(pairs, scores=("final", "anytime"), settings=QUICK))
    return found


def alarms(found: Sequence[Gate]) -> int:
    return sum(g.outcome == "regression" for g in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pool", type=int, default=400, help="seeds that are run")
    parser.add_argument("--comparisons", type=int, default=500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--folder", type=Path, help="where the pool is kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "pool"
        if not (folder / "cells.parquet").exists():
            stored(folder, {**SUITE, "seeds": given.pool})
        pool = load_results(folder)
    print(f"{pool.cells['seed'].nunique()} seeds, alpha 0.05, {given.comparisons} comparisons each")
    for seeds in given.seeds:
        for planted in (False, True):
            found = comparisons(pool, given.comparisons, seeds, planted=planted, seed=0)
            n = alarms(found)
            low, high = stats.binomtest(n, len(found)).proportion_ci(0.95, method="exact")
            print(
                f"{seeds} seeds, {'a planted regression' if planted else 'nothing differs'}: "
                f"{n} found worse, {n / len(found):.1%} [{low:.1%}, {high:.1%}]",
                flush=True,
            )


if __name__ == "__main__":
    main()

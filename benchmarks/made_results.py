"""Results made up by numbers alone, as many of each kind as a benchmark asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hpobench.store.format import schema
from hpobench.store.write.batch import Batch, Outcome
from hpobench.store.write.writer import open_writer


@dataclass(frozen=True)
class Made:
    """How many of each there are in made-up results."""

    algorithms: int = 2
    problems: int = 1
    seeds: int = 3
    trials: int = 5
    steps: int = 3


def store(made: Made, folder: Path) -> None:
    """Store made-up runs; each trial is trained to the end on a worker of its own."""
    searchers = ["random", *(f"searcher-{i}" for i in range(1, made.algorithms))]
    problems = [f"problem-{i:04d}" for i in range(made.problems)]
    rows = [
        _cell(made, searcher, problem, seed)
        for searcher in searchers
        for problem in problems
        for seed in range(made.seeds)
    ]
    names = [row["cell"] for row in rows]
    labels = {"searchers": searchers, "schedulers": ["fifo"], "problems": problems}
    plan = {"name": "made", "suite": {"name": "made"}, "skipped": [], "cells": names, **labels}
    members = {row["cell"]: (row["searcher"], "fifo") for row in rows}
    known: Any = {name: _problem(made, name) for name in problems}
    with open_writer(folder) as writer:
        writer.begin("name: made\n", plan, members, known)
        writer.add([Batch.of(list(_outcomes(made, rows)))])
        writer.compact()


def _outcomes(made: Made, rows: list[dict[str, Any]]) -> Iterator[Outcome]:
    wanted = {kind: schema.plain(schema.TABLES[kind]) for kind in ("events", "trials")}
    trial = np.repeat(np.arange(made.trials), made.steps)
    step = np.tile(np.arange(1, made.steps + 1), made.trials)
    places = np.arange(made.trials)
    for i, row in enumerate(rows):
        rng = np.random.default_rng(i)
        quality = rng.uniform(0.15, 1.0, made.trials) * (1 + 0.01 * (i % 50))
        n = len(trial)
        events = {
            "trial": trial,
            "step": step,
            "resource": np.ones(n),
            "clock": np.arange(1.0, n + 1),
            "loss": quality[trial] + 0.5 / step,
            "cost": np.ones(n),
            "decision": ["CONTINUE"] * n
            if n > 1000
            else np.where(step == made.steps, "STOP", "CONTINUE"),
            "worker": np.zeros(n, dtype=np.int16),
        }
        trials = {
            "trial": places,
            "config": [f'{{"x": {x:.4f}, "y": 1.0}}' for x in quality],
            "status": ["completed"] * made.trials,
            "steps": np.full(made.trials, made.steps),
            "start": places * float(made.steps),
            "end": (places + 1.0) * made.steps,
            "suggest_s": np.full(made.trials, 0.001),
            "observe_s": np.full(made.trials, 0.001),
        }
        yield Outcome(
            row,
            *(
                _table(columns, row["cell"], wanted[kind])
                for kind, columns in (("events", events), ("trials", trials))
            ),
        )


def _table(columns: dict[str, Any], cell: str, wanted: pa.Schema) -> pa.Table:
    length = len(columns["trial"])
    given = {"cell": [cell] * length, **columns}
    arrays = [
        pa.array(given[f.name]).cast(f.type) if f.name in given else pa.nulls(length, f.type)
        for f in wanted
    ]
    return pa.table(arrays, schema=wanted)


def _cell(made: Made, searcher: str, problem: str, seed: int) -> dict[str, Any]:
    results = made.trials * made.steps
    return {
        "cell": f"{searcher}-{problem}-{seed:012x}",
        "searcher": searcher,
        "scheduler": "fifo",
        "problem": problem,
        "seed": seed,
        "workers": 1,
        "stage": "virtual",
        "status": "done",
        "error": None,
        "trials": made.trials,
        "results": results,
        "resource": float(results),
        "clock": float(results),
        "evaluation_s": float(results),
        "suggest_s": 0.001 * made.trials,
        "observe_s": 0.001 * made.trials,
        "harness_s": 0.0002 * results,
        "peak_memory": 250_000_000,
        "spec": json.dumps({"budget": {"time": float(results)}, "tell": "last"}),
        "provenance": json.dumps({"versions": {"hpobench": "0"}, "host": {"cpus": 2}}),
    }


def _problem(made: Made, name: str) -> dict[str, Any]:
    return {
        "problem": name,
        "metric": "loss",
        "direction": "minimize",
        "optimum": 0.1,
        "clip": 1.5,
        "known": True,
        "source": "made up",
        "heldout": False,
        "fidelity": "epoch",
        "steps": made.steps,
        "unit": 1.0,
        "dimensions": 1,
        "space": json.dumps(
            [
                {"kind": "float", "name": name, "low": 0.0, "high": 2.0, "log": False}
                for name in ("x", "y")
            ]
        ),
    }

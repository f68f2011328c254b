"""Freeze the references of ``cnn``: python problems/references/make_cnn.py

Trains for about eleven minutes on one core. Raise VERSION when the search or the training changes.
"""

from __future__ import annotations

import json
import math
import time
from random import Random
from typing import Any, get_args

import numpy as np

from hpobench.problems.cnn.cnn import CNN, REFERENCES, Dataset
from hpobench.seeding import derive_seed

VERSION = 1
SAMPLE, PARENTS, CHILDREN, ROUNDS, SIGMA = 60, 5, 2, 5, 0.1
WIDE = {"filters_1": 64, "filters_2": 64, "filters_3": 64, "dropout": 0.5, "dense_units": 128}
STARTS = [
    {"lr": 0.003, "optimizer": "adam", "momentum": 0.9, "layers": 3, **WIDE},
    {"lr": 0.1, "optimizer": "sgd", "momentum": 0.9, "layers": 2, **WIDE},
]
"""Set by hand: among so few random configurations there may be none that is good."""
SOURCE = (
    f"test error after 27 epochs on one thread, every training with a problem seed of its own: "
    f"median of {SAMPLE} random configurations, a diverged one counted as the worst; optimum: the "
    f"best of these, of {len(STARTS)} set by hand and of a local search from the best {PARENTS} "
    f"({ROUNDS} rounds, {CHILDREN} Gaussian children each); no proof that nothing is better"
)


def search(dataset: str) -> dict[str, Any]:
    """The references of one data set."""
    problem = CNN(dataset=dataset)
    rng = Random(derive_seed("reference", "cnn", dataset))
    points = [[rng.random() for _ in problem.space] for _ in range(SAMPLE)]
    errors, seconds = zip(*(train(problem, p, i) for i, p in enumerate(points)), strict=True)
    found = list(zip(errors, points, strict=True))
    for start in STARTS:
        point = [p.to_unit(start[p.name]) for p in problem.space]
        found.append((train(problem, point, len(found))[0], point))
    for _ in range(ROUNDS):
        parents = [point for _, point in sorted(found)[:PARENTS]]
        for parent in parents * CHILDREN:
            child = [min(max(u + rng.gauss(0, SIGMA), 0.0), 1.0) for u in parent]
            found.append((train(problem, child, len(found))[0], child))
    return {
        "optimum": min(found)[0],
        "clip": float(np.median(errors)),
        "seconds": round(float(np.median(seconds)), 2),
    }


def train(problem: CNN, point: list[float], seed: int) -> tuple[float, float]:
    """The last test error, infinite where the training diverged, and the processor's seconds."""
    training = problem.start(problem.space.from_unit(point), seed)
    started = time.process_time()
    for _ in range(problem.fidelity.steps):
        error = training.step()["heldout"]
    return (math.inf if math.isnan(error) else error), time.process_time() - started


def main() -> None:
    datasets = {dataset: search(dataset) for dataset in get_args(Dataset)}
    stored = {"version": VERSION, "source": SOURCE, "datasets": datasets}
    REFERENCES.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

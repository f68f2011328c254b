"""Freeze the references of ``lcbench``: python problems/references/make_lcbench.py

Needs YAHPO's data (see ``hpobench list problems``) and takes about two minutes on one core.
Raise VERSION when the search changes.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, get_args

import numpy as np

from hpobench.problems.surrogate.yahpo_lcbench import (
    REFERENCES,
    TEST,
    TIME,
    Instance,
    LCBench,
)
from hpobench.seeding import derive_seed

VERSION = 1
SAMPLE, PARENTS, CHILDREN, ROUNDS = 20_000, 100, 20, 40
SOURCE = (
    f"YAHPO data 1.0.2, test balanced accuracy after 52 epochs: median of {SAMPLE} random "
    f"configurations; optimum: the best of these and of a local search from the best {PARENTS} "
    f"({ROUNDS} rounds, {CHILDREN} Gaussian children each); no proof that nothing is better"
)


def search(problem: LCBench, instance: int) -> dict[str, Any]:
    """The references of one instance."""
    rng = Random(derive_seed("reference", "lcbench", instance))
    points = [[rng.random() for _ in problem.space] for _ in range(SAMPLE)]
    values = full(problem, points)
    losses = -values[:, TEST]
    clip, seconds = float(np.median(losses)), float(np.median(values[:, TIME]))
    for i in range(ROUNDS):
        best = np.argsort(losses, kind="stable")[:PARENTS]
        parents, losses = [points[j] for j in best], losses[best]
        sigma = 0.2 * 0.8**i
        children = [
            [min(max(u + rng.gauss(0, sigma), 0.0), 1.0) for u in parent]
            for parent in parents
            for _ in range(CHILDREN)
        ]
        points = parents + children
        losses = np.concatenate([losses, -full(problem, children)[:, TEST]])
    return {"optimum": float(losses.min()), "clip": clip, "seconds": round(seconds, 1)}


def full(problem: LCBench, points: list[list[float]]) -> np.ndarray:
    """All targets after the last epoch."""
    configs = [problem.space.from_unit(point) for point in points]
    return problem.evaluate(configs, [problem.fidelity.steps] * len(configs))


def main() -> None:
    instances = {str(i): search(LCBench(instance=i), i) for i in get_args(Instance)}
    stored = {"version": VERSION, "source": SOURCE, "instances": instances}
    REFERENCES.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

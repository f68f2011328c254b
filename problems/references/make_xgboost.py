"""Freeze the references of the XGBoost problems: python problems/references/make_xgboost.py

Trains random configurations, one thread each; about ten minutes. Raise VERSION when the way of
searching, a space or a data set changes.
"""

from __future__ import annotations

import json
import statistics
import time
from random import Random
from typing import Any, get_args

from hpobench.api import TrainedProblem
from hpobench.problems.xgboost._problem import REFERENCES, Dataset, installed
from hpobench.problems.xgboost.rounds import XGBoost
from hpobench.problems.xgboost.trees import XGBoostTrees
from hpobench.seeding import derive_seed

VERSION = 1
CONFIGURATIONS = 100


def search(problem: TrainedProblem, dataset: str) -> dict[str, Any]:
    """The references of ``problem``."""
    rng = Random(derive_seed("reference", problem.name, dataset))
    configs = [problem.space.sample(rng) for _ in range(CONFIGURATIONS)]
    problem.start(configs[0], seed=0)  # loads the data, which no trial is charged for
    losses, seconds = zip(*(full(problem, config) for config in configs), strict=True)
    return {
        "optimum": min(losses),
        "clip": statistics.median(losses),
        "seconds": round(statistics.median(seconds), 3),
    }


def full(problem: TrainedProblem, config: dict[str, Any]) -> tuple[float, float]:
    """The held-out loss of ``config`` at full fidelity and the CPU seconds that it took."""
    begun = time.process_time()
    training = problem.start(config, seed=0)
    for _ in range(problem.fidelity.steps):
        report = training.step()
    return report["heldout"], time.process_time() - begun


def main() -> None:
    found = installed()
    if found is None:
        raise SystemExit(XGBoost.missing())
    problems: dict[str, dict[str, Any]] = {}
    for family in (XGBoost, XGBoostTrees):
        rows = problems[family.name] = {}
        for dataset in get_args(Dataset):
            rows[dataset] = search(family(dataset=dataset), dataset)
            print(family.name, dataset, rows[dataset], flush=True)
    stored = {
        "version": VERSION,
        "source": (
            f"XGBoost {found[1]}, {CONFIGURATIONS} random configurations: median and least of "
            "their held-out losses at full fidelity; another seed or configuration may give less"
        ),
        "problems": problems,
    }
    REFERENCES.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

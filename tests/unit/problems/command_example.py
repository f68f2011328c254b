#!/usr/bin/env python3
"""Logistic regression by gradient descent; it can go on from a state."""

import json
import math
import random
import sys
from typing import Any

task = json.load(sys.stdin)
config, rng = task["config"], random.Random(task["seed"])
rows = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(200)]
labels = [2 * a - b + rng.gauss(0, 0.5) > 0 for a, b in rows]


def loss(weights: Any, part: range) -> float:
    margins = (
        (1 if labels[i] else -1) * sum(w * x for w, x in zip(weights, rows[i], strict=True))
        for i in part
    )
    return sum(math.log1p(math.exp(-m)) for m in margins) / len(part)


weights = task.get("state", [0.0, 0.0])
print("training from step", task.get("step", 0))
for _ in range(task.get("step", 0), task["steps"]):
    gradient = [0.0, 0.0]
    for i in range(100):
        p = 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, rows[i], strict=True))))
        for j in range(2):
            gradient[j] += (p - labels[i]) * rows[i][j] / 100
    weights = [w - config["lr"] * g for w, g in zip(weights, gradient, strict=True)]
    report = {"loss": loss(weights, range(100, 150)), "heldout": loss(weights, range(150, 200))}
    print(json.dumps(report | {"state": weights}), flush=True)

"""Configurations drawn at random."""

from __future__ import annotations

from random import Random

from hpobench.api import Config, Problem


def sample(problem: Problem, n: int, seed: int = 0) -> list[Config]:
    rng = Random(seed)
    return [problem.space.sample(rng) for _ in range(n)]

"""How good the advice of an archive is beside the rules of others, at several budgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence import rules
from hpobench.evidence.archive import Archive
from hpobench.evidence.evaluation import (
    NAIVE,
    ORACLE,
    RANDOM,
    Adviser,
    Judged,
    judge,
    single_best,
)
from hpobench.evidence.scores import Scores, scores_at

BUDGETS = (5.0, 10.0, 20.0, 40.0, 100.0)
WORKERS = 4
ADVICE, NEAR = "advice", "near problems"
RULES = ("Ray Tune", "Ray, large", "NGOpt", "AutoSampler", NEAR)
"""The rules of others, and advice that lets problems count the more the nearer they are."""
WAYS = (ADVICE, "random search", *RULES, ORACLE, NAIVE)
"""The ways to choose, in the order in which they are shown."""


@dataclass(frozen=True)
class StandingRow:
    """What each way to choose reached at one budget, on one kind of problem."""

    budget: float
    kind: str
    judged: Judged
    advised: str
    """The algorithm that all families together advise."""

    def gain(self, way: str) -> tuple[float, float, float]:
        """What ``way`` gains over the advice, with its 95 % interval."""
        return self.judged.difference(ADVICE, way)


def standing(archive: Archive) -> Iterator[StandingRow]:
    """The rows of ``archive``, for trials of one step and of several: once on all problems, and
    once on those on which searchers ran that think for long."""
    for stoppable, steps in ((False, "one step"), (True, "several steps")):
        for budget in BUDGETS:
            scores = scores_at(archive, budget, WORKERS, stoppable=stoppable)
            ran = np.isfinite(scores.mean)
            if RANDOM not in scores.algorithms or not ran.any():
                continue
            # Searchers that think for long ran on fewer than half of the problems.
            slow = ran.sum(axis=0) < ran.any(axis=1).sum() / 2
            yield from _row(archive, scores.of_algorithms(~slow), budget, steps)
            chosen = np.count_nonzero(ran[:, slow], axis=1) > 0
            yield from _row(archive, scores.of_problems(chosen), budget, f"{steps}, slow searchers")


def _row(archive: Archive, scores: Scores, budget: float, kind: str) -> Iterator[StandingRow]:
    """The row of ``scores``, if there are enough families to leave one out."""
    there: NDArray[np.bool_] = np.isfinite(scores.mean)
    if RANDOM in scores.algorithms:
        scores = scores.of_problems(there[:, scores.algorithms.index(RANDOM)])
    if RANDOM not in scores.algorithms or len(set(scores.families)) < 3:
        return
    features = {name: archive.problems[name].features for name in scores.problems}
    advisers: dict[str, Adviser] = {
        "random search": lambda *_: RANDOM,
        "Ray Tune": rules.ray_tune,
        "Ray, large": rules.ray_tune_large,
        "NGOpt": rules.ngopt,
        "AutoSampler": rules.auto_sampler,
        ADVICE: single_best,
        NEAR: rules.near_problems(features),
    }
    judged = judge(scores, features, advisers, ADVICE)
    any_problem = features[scores.problems[0]]
    yield StandingRow(budget, kind, judged, str(single_best(scores, any_problem)))

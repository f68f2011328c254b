"""How good the advice of an archive is beside the rules of others, at several budgets."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence import evaluation
from hpobench.evidence.archive import Archive
from hpobench.evidence.evaluation import NAIVE, ORACLE, RANDOM, Adviser, single_best
from hpobench.evidence.features import Features
from hpobench.evidence.model import fit
from hpobench.evidence.scores import Algorithm, Scores, scores_at, weights_of

BUDGETS = (5.0, 10.0, 20.0, 40.0, 100.0)
WORKERS = 4
ADVICE, NEAR = "advice", "near problems"
_unlike = functools.cache(Features.unlike)  # the same problems count at every budget


def _ray_tune_large(_known: Scores, features: Features) -> Algorithm:
    """What Ray Tune's FAQ says of larger problems with few parameters: BOHB, or where trials cannot
    be stopped Bayesian optimisation by a Gaussian process."""
    stoppable = features.steps > 1
    return Algorithm("bohb", "hyperband-bohb") if stoppable else Algorithm("bayes-opt", "fifo")


def _auto_sampler(_known: Scores, features: Features) -> Algorithm:
    """OptunaHub's AutoSampler for one objective: multivariate TPE where there are choices or
    conditions, otherwise a Gaussian process for the first 250 trials.

    Source: https://hub.optuna.org/samplers/auto_sampler/
    """
    discrete = features.choices or features.conditional
    return Algorithm("tpe-multivariate" if discrete else "optuna-gp", "fifo")


_RULES: dict[str, Adviser] = {
    # Random search with ASHA, which the FAQ calls the usual solution:
    # https://docs.ray.io/en/latest/tune/faq.html
    "Ray Tune": lambda _, asked: Algorithm("random", "asha" if asked.steps > 1 else "fifo"),
    "Ray, large": _ray_tune_large,
    # Nevergrad's own choice by the space, the budget and the workers.
    "NGOpt": lambda *_: Algorithm("nevergrad-ngopt", "fifo"),
    "AutoSampler": _auto_sampler,
}
RULES = (*_RULES, NEAR)
"""The rules of others, and advice that lets problems count the more the nearer they are."""
WAYS = (ADVICE, "random search", *RULES, ORACLE, NAIVE)
"""The ways to choose, in the order in which they are shown."""


@dataclass(frozen=True)
class StandingRow:
    """What each way to choose reached at one budget, on one kind of problem."""

    budget: float
    kind: str
    judged: evaluation.Judged
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

    def near_best(known: Scores, asked: Features) -> Algorithm:
        far = np.array([_unlike(asked, features[problem]) for problem in known.problems])
        weight = weights_of(known.families) * np.exp(-far)
        return known.algorithms[int(fit(known, weight).order[0])]

    advisers: dict[str, Adviser] = {
        "random search": lambda *_: RANDOM,
        **_RULES,
        ADVICE: single_best,
        NEAR: near_best,
    }
    judged = evaluation.judge(scores, features, advisers, ADVICE)
    any_problem = features[scores.problems[0]]
    yield StandingRow(budget, kind, judged, str(single_best(scores, any_problem)))

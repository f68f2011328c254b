"""The rules by which others choose, to be judged beside the advice.

Each is an :data:`hpobench.evidence.evaluation.Adviser`, and has no answer where the algorithm that
it names did not run.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hpobench.evidence.evaluation import Adviser
from hpobench.evidence.features import Features
from hpobench.evidence.model import fit
from hpobench.evidence.nearness import unlikeness
from hpobench.evidence.scores import Algorithm, Scores, weights_of


def ray_tune(known: Scores, features: Features) -> Algorithm | None:
    """What Ray Tune's FAQ calls its usual solution: random search with ASHA. Where trials cannot be
    stopped this is random search.

    Source: https://docs.ray.io/en/latest/tune/faq.html
    """
    return _known(Algorithm("random", "asha" if features.steps > 1 else "fifo"), known)


def ray_tune_large(known: Scores, features: Features) -> Algorithm | None:
    """What the FAQ says of larger problems with few parameters: BOHB, or where trials cannot be
    stopped Bayesian optimisation by a Gaussian process."""
    if features.steps > 1:
        return _known(Algorithm("bohb", "hyperband-bohb"), known)
    return _known(Algorithm("bayes-opt", "fifo"), known)


def ngopt(known: Scores, _features: Features) -> Algorithm | None:
    """Nevergrad's NGOpt, which chooses an algorithm by the space, the budget and the workers."""
    return _known(Algorithm("nevergrad-ngopt", "fifo"), known)


def auto_sampler(known: Scores, features: Features) -> Algorithm | None:
    """OptunaHub's AutoSampler for one objective: multivariate TPE where there are choices or
    conditions, otherwise a Gaussian process for the first 250 trials.

    Source: https://hub.optuna.org/samplers/auto_sampler/
    """
    if features.choices or features.conditional:
        return _known(Algorithm("tpe-multivariate", "fifo"), known)
    return _known(Algorithm("optuna-gp", "fifo"), known)


def near_problems(features: Mapping[str, Features]) -> Adviser:
    """An adviser that lets problems count the more the nearer they are, by their ``features``."""

    def near_best(known: Scores, asked: Features) -> Algorithm:
        far = np.array([unlikeness(asked, features[problem]) for problem in known.problems])
        weight = weights_of(known.families) * np.exp(-far)
        return known.algorithms[int(fit(known, weight).order[0])]

    return near_best


def _known(algorithm: Algorithm, known: Scores) -> Algorithm | None:
    return algorithm if algorithm in known.algorithms else None

"""Rules by which others choose, to be judged beside the advice.

Each is an :data:`hpobench.evidence.evaluation.Adviser`, and has nothing to say where the pair that
it names did not run.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hpobench.evidence.evaluation import Adviser
from hpobench.evidence.features import Features
from hpobench.evidence.model import fit
from hpobench.evidence.nearness import unlikeness
from hpobench.evidence.scores import Pair, Scores, weights_of


def ray_tune(known: Scores, features: Features) -> Pair | None:
    """What Ray Tune's FAQ calls its usual solution: random search with ASHA. Where trials cannot be
    stopped this is random search.

    Source: https://docs.ray.io/en/latest/tune/faq.html
    """
    return _known(Pair("random", "asha" if features.steps > 1 else "fifo"), known)


def ray_tune_large(known: Scores, features: Features) -> Pair | None:
    """What the FAQ says of larger problems with few parameters: BOHB, or where trials cannot be
    stopped Bayesian optimisation by a Gaussian process."""
    if features.steps > 1:
        return _known(Pair("bohb", "hyperband-bohb"), known)
    return _known(Pair("bayes-opt", "fifo"), known)


def ngopt(known: Scores, _features: Features) -> Pair | None:
    """Nevergrad's NGOpt, which chooses an algorithm by the space, the budget and the workers."""
    return _known(Pair("nevergrad-ngopt", "fifo"), known)


def auto_sampler(known: Scores, features: Features) -> Pair | None:
    """OptunaHub's AutoSampler for one objective: multivariate TPE where there are choices or
    conditions, otherwise a Gaussian process for the first 250 trials.

    Source: https://hub.optuna.org/samplers/auto_sampler/
    """
    if features.choices or features.conditional:
        return _known(Pair("tpe-multivariate", "fifo"), known)
    return _known(Pair("optuna-gp", "fifo"), known)


def near_problems(features: Mapping[str, Features]) -> Adviser:
    """An adviser that lets problems count the more the nearer they are, by their ``features``."""

    def near_best(known: Scores, asked: Features) -> Pair:
        far = np.array([unlikeness(asked, features[problem]) for problem in known.problems])
        weight = weights_of(known.families) * np.exp(-far)
        return known.pairs[int(fit(known, weight).order[0])]

    return near_best


def _known(pair: Pair, known: Scores) -> Pair | None:
    return pair if pair in known.pairs else None

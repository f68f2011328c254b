"""Means over problems with resampled ones, by families where there are enough."""

from __future__ import annotations

import numpy as np

from hpobench.analysis.core.curves import Comparison
from hpobench.analysis.core.families import FEWEST
from hpobench.analysis.inference.bootstrap import problem_weights, seed_means, weighted_draws
from hpobench.analysis.settings import FloatArray
from hpobench.analysis.study import Study
from hpobench.analysis.text import phrases


def means(
    study: Study, comparison: Comparison, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The mean of ``values`` over problems, shape (algorithms, times), and resampled ones.

    From enough families on, families count alike and are resampled.
    """
    families, settings = study.families_in(comparison), study.settings
    problems = comparison.curves.problems
    if len(families.names) >= FEWEST:
        weights, drawn = families.weights, families.drawn_weights(settings)
    else:
        weights = np.full(len(problems), 1.0 / len(problems))
        drawn = problem_weights(problems, settings)
    mean = np.einsum("apt,p->at", seed_means(values), weights)
    return mean, weighted_draws(values, problems, drawn, settings)


def claim(study: Study, comparison: Comparison) -> str:
    """What differs in the intervals of such means, in sentences with a blank in front; empty where
    there are too few families."""
    families = study.families_in(comparison)
    if len(families.names) < FEWEST:
        return ""
    intervals = phrases.family_interval(study.settings, families)
    return f" Families of problems count alike. In brackets stand {intervals}"

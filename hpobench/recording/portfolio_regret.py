"""Evaluates portfolios on the data sets that they were chosen without, beside random search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpobench.plugins.starting.portfolios import Portfolio, default_of
from hpobench.recording.portfolios import Class, Matrix, regrets

TRIALS = (1, 3, 5, 10)


@dataclass(frozen=True)
class Evaluation:
    """Regrets in the mean over data sets, by the number of trials."""

    members: int
    data_sets: int
    portfolio: tuple[float, ...]
    """After each of :data:`TRIALS`, on each data set with the portfolio chosen without it."""
    random: tuple[float, ...]
    """The expectation for random search, which draws each candidate equally often."""
    default: float
    """Of the library's default configuration, or of the middle of the space without one."""


def evaluate(found: Class, portfolio: Portfolio) -> Evaluation:
    """How ``portfolio`` does on the members of ``found``; see :mod:`hpobench.recording.portfolios`
    for what a regret is."""
    position = {name: i for i, name in enumerate(found.data_sets)}
    assert set(position) == set(portfolio.without)
    every = found.regrets_of(portfolio.configs)
    reached = np.array(
        [
            np.minimum.accumulate(every[list(portfolio.without[name]), member])
            for member, name in enumerate(found.data_sets)
        ]
    ).T
    own = regrets(found.losses, found.losses)
    default = found.regrets_of([default_of(found.members[0])])[0]
    return Evaluation(
        len(found.members),
        len(position),
        tuple(float(reached[n - 1] @ found.weights) for n in TRIALS),
        tuple(float(expected_best(own, n) @ found.weights) for n in TRIALS),
        float(default @ found.weights),
    )


def expected_best(regret: Matrix, n: int) -> Matrix:
    """The expected least regret of ``n`` rows drawn with replacement, for each member.

    The ``k``-th least of N is the best of the draws with the probability
    ``((N-k+1)/N)^n - ((N-k)/N)^n``.
    """
    above = (np.arange(len(regret), -1, -1) / len(regret)) ** n
    expected: Matrix = (above[:-1] - above[1:]) @ np.sort(regret, axis=0)
    return expected

# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-optimize==0.10.2"]
# ///
"""scikit-optimize: Bayesian optimisation with Gaussian processes and with forests."""

from __future__ import annotations

from hpobench.algorithms.searchers._skopt import SkoptSearcher
from hpobench.api import Fidelity, Space


class SkoptGP(SkoptSearcher):
    """scikit-optimize's Gaussian process with a hedge of three acquisition functions.

    It proposes as ``gp_minimize`` does. Expected improvement, the probability of improvement and
    the lower confidence bound each propose a point, and the hedge chooses among the three by the
    gains of their earlier proposals.
    ``n_initial_points``: the number of random configurations before the model is used.
    """

    name = "skopt-gp"

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, n_initial_points: int = 10
    ) -> None:
        super().__init__(
            space, seed=seed, model="GP", acq_func="gp_hedge", n_initial_points=n_initial_points
        )


class SkoptRF(SkoptSearcher):
    """scikit-optimize's random forest with expected improvement.

    It proposes as ``forest_minimize`` does with ``base_estimator="RF"``.
    ``n_initial_points``: the number of random configurations before the model is used.
    """

    name = "skopt-rf"

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, n_initial_points: int = 10
    ) -> None:
        super().__init__(
            space, seed=seed, model="RF", acq_func="EI", n_initial_points=n_initial_points
        )


class SkoptET(SkoptSearcher):
    """scikit-optimize's extremely randomised trees with expected improvement.

    It proposes as ``forest_minimize`` does by default.
    ``n_initial_points``: the number of random configurations before the model is used.
    """

    name = "skopt-et"

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, n_initial_points: int = 10
    ) -> None:
        super().__init__(
            space, seed=seed, model="ET", acq_func="EI", n_initial_points=n_initial_points
        )

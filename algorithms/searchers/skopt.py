# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-optimize==0.10.2"]
# ///
"""scikit-optimize: Bayesian optimisation with Gaussian processes and with forests."""

from __future__ import annotations

from hpobench.algorithms.searchers._skopt import SkoptSearcher
from hpobench.api import Fidelity, Space


class SkoptGP(SkoptSearcher):
    """scikit-optimize's Gaussian process, with improvement and confidence bounds in turns.

    What ``gp_minimize`` does: expected improvement, its probability and the lower confidence bound
    each propose, and the hedge chooses among them by what they have brought.
    ``n_initial_points``: random configurations before the model is used.
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

    What ``forest_minimize`` does with ``base_estimator="RF"``.
    ``n_initial_points``: random configurations before the model is used.
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

    What ``forest_minimize`` does by default.
    ``n_initial_points``: random configurations before the model is used.
    """

    name = "skopt-et"

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, n_initial_points: int = 10
    ) -> None:
        super().__init__(
            space, seed=seed, model="ET", acq_func="EI", n_initial_points=n_initial_points
        )

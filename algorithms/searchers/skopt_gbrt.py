# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["scikit-optimize==0.10.2", "scikit-learn<1.6", "numpy<2.4"]
# ///
"""scikit-optimize: Bayesian optimisation with gradient boosting.

Its quantile regressor is not recognised as a regressor by scikit-learn 1.6 and later, and calls
``numpy.in1d``, which numpy 2.4 has removed. This environment therefore contains the versions that
the package was released for. The package is not patched, so that the published code runs.
"""

from __future__ import annotations

from hpobench.algorithms.searchers._skopt import SkoptSearcher
from hpobench.api import Fidelity, Space


class SkoptGBRT(SkoptSearcher):
    """scikit-optimize's gradient-boosted quantiles with the lower confidence bound.

    It proposes as ``gbrt_minimize`` does.
    ``n_initial_points``: the number of random configurations before the model is used.
    """

    name = "skopt-gbrt"

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, n_initial_points: int = 10
    ) -> None:
        super().__init__(
            space, seed=seed, model="GBRT", acq_func="LCB", n_initial_points=n_initial_points
        )

"""Ray's PB2 such that its results depend on the seed alone."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from ray.tune.schedulers.pb2 import PB2
from threadpoolctl import ThreadpoolController

# Of the libraries that importing PB2 has loaded; not the scheduler's, which Ray pickles.
_THREADS = ThreadpoolController()


class SteadyPB2(PB2):
    """PB2 whose linear algebra keeps to one thread, and that does not warn.

    Sums over several threads round differently, and many small matrices gain nothing from them:
    two threads took 2.5 times the processor time of one. The warnings are of SciPy's deprecated
    options and of kernels at their bounds, some for every proposal.
    """

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        with _THREADS.limit(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return super().on_trial_result(tune_controller, trial, result)  # type: ignore[no-any-return]


def inner_bounds(low: float, high: float) -> tuple[float, float]:
    """The outermost single-precision numbers in ``[low, high]``.

    PB2 rounds its proposals to single precision. With these bounds they stay legal, and the
    model's data holds the values that really train.
    """
    least, most = np.float32(low), np.float32(high)
    # As Python floats: NumPy would compare in single precision.
    if float(least) < low:
        least = np.nextafter(least, np.float32(np.inf))
    if float(most) > high:
        most = np.nextafter(most, np.float32(-np.inf))
    return float(least), float(most)

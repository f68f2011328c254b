"""A variant of Ray's PB2 whose results depend on the seed alone."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from ray.tune.schedulers.pb2 import PB2
from threadpoolctl import ThreadpoolController

# The controller covers the libraries that the import of PB2 has loaded. It is not an attribute of
# the scheduler, because Ray pickles the scheduler.
_THREADS = ThreadpoolController()


class SteadyPB2(PB2):
    """PB2 with linear algebra on one thread and without warnings.

    Sums over several threads round differently, so the results would depend on the number of
    threads. PB2's many small matrices gain nothing from threads either: two threads took 2.5
    times the processor time of one. The silenced warnings are about deprecated options of SciPy
    and about kernel parameters at their bounds; every proposal would cause some.
    """

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        with _THREADS.limit(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return super().on_trial_result(tune_controller, trial, result)  # type: ignore[no-any-return]


def inner_bounds(low: float, high: float) -> tuple[float, float]:
    """The outermost single-precision numbers in ``[low, high]``.

    PB2 rounds its proposals to single precision. With these bounds the rounded proposals stay
    legal, so that PB2's model is fitted to the values that the trials really train with.
    """
    least, most = np.float32(low), np.float32(high)
    # The comparisons use Python floats, because NumPy would compare in single precision.
    if float(least) < low:
        least = np.nextafter(least, np.float32(np.inf))
    if float(most) > high:
        most = np.nextafter(most, np.float32(-np.inf))
    return float(least), float(most)

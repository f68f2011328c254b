"""Ray's schedulers with random options."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

from ray.tune.schedulers import TrialScheduler
from ray.tune.schedulers.async_hyperband import AsyncHyperBandScheduler
from ray.tune.schedulers.hb_bohb import HyperBandForBOHB
from ray.tune.schedulers.hyperband import HyperBandScheduler
from ray.tune.schedulers.median_stopping_rule import MedianStoppingRule
from ray.tune.schedulers.trial_scheduler import FIFOScheduler


def _asha(rng: Random) -> TrialScheduler:
    max_t = rng.choice([1, 3, 9, 27])
    return AsyncHyperBandScheduler(
        time_attr="time",
        max_t=max_t,
        grace_period=rng.randint(1, max(1, max_t // 3)),
        reduction_factor=rng.choice([2, 3, 4, 1.5, 2.7, math.e, 10]),
        brackets=rng.choice([1, 1, 2, 3]),
        stop_last_trials=rng.random() < 0.8,
    )


def _hyperband_options(rng: Random) -> dict[str, Any]:
    return {
        "time_attr": "time",
        "max_t": rng.choice([1, 2, 4, 5, 9, 27]),
        "reduction_factor": rng.choice([2, 3, 4, 2.5]),
        "stop_last_trials": rng.random() < 0.8,
    }


def _hyperband(rng: Random) -> TrialScheduler:
    return HyperBandScheduler(**_hyperband_options(rng))


def _bohb(rng: Random) -> TrialScheduler:
    return HyperBandForBOHB(**_hyperband_options(rng))


def _median(rng: Random) -> TrialScheduler:
    return MedianStoppingRule(
        time_attr="time",
        grace_period=rng.choice([0, 1, 1, 2, 4]),
        min_samples_required=rng.choice([0, 1, 1, 2, 3]),
        min_time_slice=rng.choice([0, 0, 2]),
        hard_stop=rng.random() < 0.6,
    )


def _fifo(rng: Random) -> TrialScheduler:
    return FIFOScheduler()


BUILD: dict[str, Callable[[Random], TrialScheduler]] = {
    "asha": _asha,
    "hyperband": _hyperband,
    "hyperband-bohb": _bohb,
    "median": _median,
    "fifo": _fifo,
}
TURNS = ("asha", "hyperband", "hyperband-bohb", "median", "asha", "hyperband", "median", "fifo")
"""The schedulers of one history after the other; those with more to them come twice."""

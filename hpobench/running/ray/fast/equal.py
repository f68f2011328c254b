"""Which scheduler of ours decides as which one of Ray's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ray.tune.schedulers import TrialScheduler
from ray.tune.schedulers.async_hyperband import AsyncHyperBandScheduler
from ray.tune.schedulers.hb_bohb import HyperBandForBOHB
from ray.tune.schedulers.hyperband import HyperBandScheduler
from ray.tune.schedulers.median_stopping_rule import MedianStoppingRule
from ray.tune.schedulers.trial_scheduler import FIFOScheduler

from hpobench.running.ray.fast.asha import Asha
from hpobench.running.ray.fast.hyperband import HyperBand, HyperBandForBohb
from hpobench.running.ray.fast.median import MedianRule
from hpobench.running.ray.fast.waiting import Fifo

EQUAL: dict[type[TrialScheduler], type[Any]] = {
    FIFOScheduler: Fifo,
    AsyncHyperBandScheduler: Asha,
    HyperBandScheduler: HyperBand,
    HyperBandForBOHB: HyperBandForBohb,
    MedianStoppingRule: MedianRule,
}
"""Ours by Ray's. Each is a subclass that takes the same decisions, bit by bit, in less time."""
_OURS = frozenset(EQUAL.values())
_STEPS = "training_iteration"


def foresight(scheduler: TrialScheduler) -> Callable[[Any, int], float] | None:
    """Finds the first step of a trial after another at which ``scheduler`` may end or pause it.

    Some of ours know it, where they count in steps.
    """
    if type(scheduler) not in _OURS or getattr(scheduler, "_time_attr", _STEPS) != _STEPS:
        return None
    return getattr(scheduler, "next_decision", None)


def equal(scheduler: TrialScheduler) -> TrialScheduler:
    """``scheduler``, newly built, as one of ours if Ray's class is in :data:`EQUAL`.

    It stays the same object, because the plugin that built it may look into it later. A subclass
    of Ray's class may decide otherwise and is left alone, except that any PB2 that proposes as
    Ray's does is given the faster Gaussian processes.
    """
    ours = EQUAL.get(type(scheduler))
    if ours is not None:
        scheduler.__class__ = ours
        scheduler.adopt()
    pb2 = sys.modules.get("ray.tune.schedulers.pb2")  # imported only where scikit-learn is
    if pb2 is not None and isinstance(scheduler, pb2.PB2):
        from hpobench.running.ray.fast.pb2 import hasten

        hasten(scheduler)
    return scheduler

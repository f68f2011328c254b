"""Ray's schedulers with the same decisions in less time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ray.tune import schedulers as _ray

from hpobench.running.ray.fast.asha import Asha, Fifo
from hpobench.running.ray.fast.hyperband import HyperBand, HyperBandForBohb
from hpobench.running.ray.fast.median import MedianRule

EQUAL: dict[type[_ray.TrialScheduler], type[Any]] = {
    _ray.FIFOScheduler: Fifo,
    _ray.AsyncHyperBandScheduler: Asha,
    _ray.HyperBandScheduler: HyperBand,
    _ray.HyperBandForBOHB: HyperBandForBohb,
    _ray.MedianStoppingRule: MedianRule,
}
"""Ours by Ray's. Each is a subclass that takes the same decisions, bit by bit, in less time."""


def foresight(scheduler: _ray.TrialScheduler) -> Callable[[Any, int], float] | None:
    """Finds the first step of a trial after another at which ``scheduler`` may end or pause it.
    Some of ours know it, where they count in steps."""
    counts_steps = getattr(scheduler, "_time_attr", "training_iteration") == "training_iteration"
    if type(scheduler) not in EQUAL.values() or not counts_steps:
        return None
    return getattr(scheduler, "next_decision", None)


def equal(scheduler: _ray.TrialScheduler) -> _ray.TrialScheduler:
    """``scheduler``, newly built, as one of ours if Ray's class is in :data:`EQUAL`. It stays the
    same object, because the plugin that built it may look into it later. A subclass of Ray's class
    may decide otherwise and is left alone, except that any PB2 that proposes as Ray's does is given
    the faster Gaussian processes."""
    ours = EQUAL.get(type(scheduler))
    if ours is not None:
        scheduler.__class__ = ours
        scheduler.adopt()
    pb2 = sys.modules.get("ray.tune.schedulers.pb2")  # imported only where scikit-learn is
    if pb2 is not None and isinstance(scheduler, pb2.PB2):
        from hpobench.running.ray.fast.pb2 import hasten

        hasten(scheduler)
    return scheduler

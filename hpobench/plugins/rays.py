"""Ray's own schedulers in place of ours, as Python text for programs that use a plain Tuner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CLASSES = {
    "fifo": "FIFOScheduler",
    "asha": "ASHAScheduler",
    "hyperband": "HyperBandScheduler",
    "hyperband-bohb": "HyperBandForBOHB",
    "median": "MedianStoppingRule",
}
"""Ray's classes of our schedulers, whose options have the same names there."""


def ray_scheduler(name: str, options: Mapping[str, Any], steps: int) -> str | None:
    """The call that makes Ray's scheduler of the same rule, for trials of ``steps`` steps;
    ``None`` where Ray has none."""
    if name not in _CLASSES:
        return None
    fixed: dict[str, Any] = {} if name == "fifo" else {"time_attr": "training_iteration"}
    if name not in ("fifo", "median"):
        fixed["max_t"] = steps
    keywords = ", ".join(f"{key}={value!r}" for key, value in {**fixed, **options}.items())
    return f"{_CLASSES[name]}({keywords})"

"""The choices behind a report; figures, tables and captions are all made from one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Axis = Literal["time", "evaluations", "resource", "time+thinking"]
Fidelity = Literal["any", "full"]

SEARCHER, SCHEDULER = "random", "fifo"
"""What others are compared with where a comparison needs a baseline: the labels of a searcher that
learns nothing, and of a scheduler that lets every trial run."""

REGRET_FLOOR = 1e-8  # simple regrets are cut here on log axes


@dataclass(frozen=True)
class Settings:
    axis: Axis = "time"
    """``time``: the cell's clock in seconds. ``evaluations``: resource paid for in units of full
    evaluations. ``resource``: in the fidelity's units. ``time+thinking``: the clock plus the
    wall seconds the searcher spent on suggesting and observing until then."""
    fidelity: Fidelity = "any"
    """Which results may become incumbent: all, or only those at full fidelity."""
    repetitions: int = 2000
    """Of the bootstrap."""
    level: float = 0.95
    """Coverage that the intervals aim at."""
    seed: int = 0
    """Of the bootstrap."""
    points: int = 100
    """On the time grid."""
    resample_problems: bool = False
    """False: intervals claim something about these problems. True: about new ones like them."""

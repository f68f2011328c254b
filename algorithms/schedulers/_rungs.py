"""The levels of successive halving by promotion."""

from __future__ import annotations

import itertools
import math


def levels(steps: int, grace_period: int, factor: float) -> list[int]:
    """``grace_period`` times the powers of ``factor``, rounded up, and at the end ``steps``."""
    powers = (math.ceil(grace_period * factor**k) for k in itertools.count())
    return [*dict.fromkeys(itertools.takewhile(lambda level: level < steps, powers)), steps]

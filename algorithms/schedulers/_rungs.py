"""What plugins of successive halving by promotion share, without Ray."""

from __future__ import annotations

import itertools
import math

NOTES = (
    "Its paused trials may go on at any time, so they end with the run: a searcher that is told "
    "last losses learns hardly more than those of complete trials; 'tell: every' tells it all.",
    "Once nothing runs, nothing can be promoted and the searcher gives no trial, all paused trials "
    "end.",
    "In a plain Tuner Ray asks for new trials in advance, and promoted ones queue up behind them: "
    "one with a search algorithm, up to 200 without (TUNE_MAX_PENDING_TRIALS_PG sets the number).",
    "Trials pause and go on, so problems that cannot save their state start them afresh.",
)
"""What to know about all of them."""


def levels(steps: int, grace_period: int, factor: float) -> list[int]:
    """``grace_period`` times the powers of ``factor``, rounded up, and at the end ``steps``."""
    powers = (math.ceil(grace_period * factor**k) for k in itertools.count())
    return [*dict.fromkeys(itertools.takewhile(lambda level: level < steps, powers)), steps]

"""Losses that a run is timed to, each problem's from what is known of it in advance.

None moves when an algorithm is added to a comparison.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hpobench.analysis.core.curves import Curves
from hpobench.analysis.settings import FloatArray

Kind = Literal["regret", "random", "share"]

REGRETS: FloatArray = np.logspace(2, -8, 51)  # COCO's target precisions: five a decade
SHARES: FloatArray = np.logspace(0, -3, 13)
"""Of the way from the optimum to the clip, four a decade: the targets' normalised regrets."""

TOLERANCES = (0.1, 0.01)  # normalised regrets that expected running times are given to


@dataclass(frozen=True)
class Targets:
    """The targets of each problem, as losses."""

    kinds: tuple[Kind, ...]
    """Of each problem, which all its targets are of."""
    budgets: tuple[int, ...]
    """Full evaluations of random search whose medians are targets of some problem."""
    loss: FloatArray
    """Shape (problems, targets): the easiest first; NaN beyond a problem's own."""


def suite_targets(problems: pd.DataFrame, curves: Curves) -> Targets:
    """The targets of the problems of ``curves``, in their order.

    ``problems``: rows as in the store. ``regret``: where the optimum is known, the optimum plus
    :data:`REGRETS`, as in COCO (Hansen et al., COCO: a platform for comparing continuous
    optimizers in a black-box setting, 2021). ``random``: else, with a frozen reference of random
    search, the median losses that it reaches at the budgets on record; at each half of its runs
    just miss the target (after COCO's run-length-based targets). Budgets with the same median
    give one target. ``share``: else the optimum on record plus :data:`SHARES` of the distance to
    the clip, of which the first is what a random configuration just misses.
    """
    rows = problems.set_index("problem").loc[list(curves.problems)]
    kinds: list[Kind] = []
    budgets: set[int] = set()
    losses: list[FloatArray] = []
    for _, row in rows.iterrows():
        text = row.get("random")
        stored = json.loads(text) if isinstance(text, str) else {}
        medians = {int(n): float(median) for n, (_, median, _) in stored.items()}
        medians = {n: median for n, median in medians.items() if np.isfinite(median)}
        if row["known"]:
            kinds.append("regret")
            losses.append(row["optimum"] + REGRETS)
        elif medians:
            kinds.append("random")
            losses.append(np.unique(list(medians.values()))[::-1])
            budgets |= set(medians)
        else:
            kinds.append("share")
            losses.append(row["optimum"] + (row["clip"] - row["optimum"]) * SHARES)
    most = max(map(len, losses), default=0)
    padded = [np.pad(own, (0, most - len(own)), constant_values=np.nan) for own in losses]
    return Targets(tuple(kinds), tuple(sorted(budgets)), np.array(padded).reshape(-1, most))


def tolerance_targets(curves: Curves, tolerances: Sequence[float]) -> FloatArray:
    """The losses at which ``nr`` equals each of ``tolerances``; shape (problems, tolerances).

    Reaching one is the convergence test of Moré and Wild (Benchmarking derivative-free
    optimization algorithms, 2009), with the clip for the loss at the start and the frozen optimum
    for the best loss that any solver finds.
    """
    distance = (curves.clip - curves.optimum)[:, None]
    losses: FloatArray = curves.optimum[:, None] + distance * np.array(tolerances)
    return losses

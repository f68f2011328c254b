"""How well a forest foretells the losses of recorded trials that it was not fitted to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hpobench.api import Config, Space
from hpobench.kit import Table, UsageError
from hpobench.problems.recorded._forest import Array, Forest, grow

FOLDS = 5
FEWEST = 20
"""Trials that must have reached a step for a rank correlation there to say anything."""
MOST = 10_000
"""Trials of a forest; to grow it takes ten seconds with so many, to measure it a minute."""


def quality(table: Table) -> dict[str, Any]:
    """The quality of the twin of ``table``, cross-validated: what its trials teach, and how well.

    ``step``: the last step that enough trials really reached; ``trials``: so many reached it.
    ``rank_correlation`` is Spearman's, between their losses there and those foretold by forests
    that did not know them; ``error`` is the root of the mean squared difference, to be compared
    with ``spread``, the standard deviation of the losses.

    Raises :class:`UsageError` for too few trials, or too many.
    """
    rows, configs = learnt(table)
    reached = np.full(len(table.configs), table.curves["loss"].shape[1])
    for row, steps in table.about.get("continued", ()):
        reached[row] = steps
    step, tested = _tested(reached[rows])
    curves = table.curves["loss"][rows]
    foretold = _foretold(Space.from_json(table.about["trained"]), configs, curves, tested, step)
    seen = curves[tested, step - 1]
    return {
        "step": step,
        "trials": len(tested),
        "folds": FOLDS,
        "rank_correlation": _rank_correlation(foretold, seen),
        "error": float(np.sqrt(np.mean((foretold - seen) ** 2))),
        "spread": float(np.std(seen)),
    }


def learnt(table: Table) -> tuple[list[int], list[Config]]:
    """The rows of the trials that a twin is fitted to, all that did not fail, and their
    configurations."""
    rows = np.flatnonzero(np.isfinite(table.curves["loss"]).all(axis=1)).tolist()
    return rows, [table.configs[row] for row in rows]


def _tested(reached: Any) -> tuple[int, Any]:
    """The last step that enough trials reached, and which did."""
    if len(reached) < FEWEST:
        raise UsageError(
            f"{len(reached)} trials have losses, too few to say whether a model of them can be "
            f"trusted: it takes {FEWEST}; without --surrogate the nearest trial answers"
        )
    if len(reached) > MOST:
        raise UsageError(
            f"{len(reached):,} trials are more than a forest takes ({MOST:,}); without --surrogate "
            "the nearest trial answers, which with so many is near"
        )
    step = int(np.sort(reached)[-FEWEST])
    return step, np.flatnonzero(reached >= step)


def _foretold(space: Space, configs: list[Config], curves: Array, tested: Any, step: int) -> Array:
    """The losses at ``step`` of the trials ``tested``, each from the forest of the other folds."""
    order = np.random.default_rng(0).permutation(len(tested))
    foretold = np.empty(len(tested))
    for fold in np.array_split(order, FOLDS):
        kept = np.setdiff1d(np.arange(len(configs)), tested[fold])
        forest = Forest(space, grow(space, [configs[row] for row in kept], curves[kept]))
        for i in fold:
            foretold[i] = forest.curve(configs[tested[i]])[step - 1]
    return foretold


def _rank_correlation(foretold: Array, seen: Array) -> float:
    """Spearman's; 0 if one side is constant."""
    from scipy.stats import rankdata

    ranks = np.array([rankdata(foretold), rankdata(seen)])
    if (ranks.std(axis=1) == 0).any():
        return 0.0
    found = float(np.corrcoef(ranks)[0, 1])
    return found if math.isfinite(found) else 0.0

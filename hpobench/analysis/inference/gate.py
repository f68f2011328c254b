"""Whether newer results are worse than older ones: a test of everything at a stated rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from hpobench.analysis.core.budgets import budget_axis
from hpobench.analysis.core.curves import algorithm_names, compute_curves
from hpobench.analysis.core.pairing import KEY, Pairs
from hpobench.analysis.core.reference_losses import bounded, completed, unreferenced
from hpobench.analysis.inference.effects import Score, effects, scopes
from hpobench.analysis.inference.sign_flip import critical_value, max_t, smallest_p
from hpobench.analysis.inference.significance import ALPHA
from hpobench.analysis.settings import FloatArray, Settings
from hpobench.contract.errors import UsageError

Outcome = Literal["same", "regression", "undecided", "no regression"]

POWER = 0.8  # the chance of finding a difference of the size that is called detectable
UNREFERENCED = "it has no reference losses to measure regret from"


@dataclass(frozen=True)
class Gate:
    """What was found in NEW, compared with BASE."""

    effects: pd.DataFrame
    """A row for each score of everything, of each algorithm, and of each algorithm on each
    problem: the columns of :func:`hpobench.analysis.inference.effects.effects` but
    ``standard_error``, and

    - ``p_worse``, ``p_better``: one-sided, each adjusted for all rows.
    - ``verdict``: ``worse``, ``better``, ``same`` (all its runs, bit by bit), ``tolerated`` (worse
      by no more than the tolerance), or ``-``: not told apart.
    - ``detectable``: the difference that would be found worse with a chance of 80 %, for normal
      differences with the scatter of the row's; infinite where none would.
    - ``same``, ``broken``, ``mended``: how many of its pairs are the same, bit by bit, failed in
      NEW alone, failed in BASE alone.
    """
    broken: pd.DataFrame
    """Runs done in BASE and failed in NEW, by labels and seed, with the ``error``."""
    pairs: Pairs
    left_out: dict[str, str]
    """Problems that were not compared, each with the reason."""
    alpha: float
    """If nothing differs, any row is ``worse`` with at most this probability."""
    tolerance: float
    level: float
    """Of the intervals."""
    seeds: int
    """Of all pairs."""

    @property
    def same(self) -> bool:
        """Whether all pairs are the same, bit by bit."""
        return bool(self.pairs.same.all())

    @property
    def able(self) -> bool:
        """Whether so many seeds can make any difference significant."""
        return smallest_p(self.seeds, "greater") <= self.alpha

    @property
    def outcome(self) -> Outcome:
        """``regression``: something is worse, or fails that did not. ``undecided``: nothing that
        so few seeds show could be significant. ``same``: all pairs are, bit by bit."""
        if self.same:
            return "same"
        if len(self.broken) or (self.effects["verdict"] == "worse").any():
            return "regression"
        return "no regression" if self.able else "undecided"


def gate(
    pairs: Pairs,
    *,
    scores: Sequence[Score] = ("final",),
    alpha: float = ALPHA,
    tolerance: float = 0.0,
    settings: Settings | None = None,
) -> Gate:
    """Test the differences of all ``pairs`` together, at ``alpha`` in all.

    Both results are measured with the references of NEW and on one grid, on the axis that the
    budgets are in. A failed run counts as ``nr`` 1, as everywhere; ``broken`` ones are regressions
    by themselves too, whatever ``alpha``. Raises :class:`UsageError` without reference losses.
    """
    results = completed(bounded(pairs.together()))
    settings = settings or Settings(axis=budget_axis(results))
    curves = compute_curves(results, settings)
    if not curves.problems:
        raise UsageError(
            f"nothing can be compared: {', '.join(unreferenced(results))}: {UNREFERENCED}; "
            "`python -m hpobench problems freeze` measures them"
        )
    over = scopes(curves)
    parts = [effects(curves, over, score, settings) for score in scores]
    found = pd.concat([frame for frame, _ in parts], ignore_index=True)
    tested = np.concatenate([columns for _, columns in parts], axis=1)
    found["p_worse"] = max_t(tested, seed=settings.seed, alternative="greater")
    found["p_better"] = max_t(tested, seed=settings.seed, alternative="less")
    least = critical_value(tested, alpha, seed=settings.seed, alternative="greater")
    found["detectable"] = detectable(found, least, tolerance)
    found = found.drop(columns="standard_error").join(_counts(pairs, found))
    significant = found["p_worse"] <= alpha
    cases = {
        "same": found["same"] == found["pairs"],
        "worse": significant & (found["estimate"] > tolerance),
        "tolerated": significant,
        "better": found["p_better"] <= alpha,
    }
    found["verdict"] = np.select(list(cases.values()), list(cases), "-").tolist()
    left_out = pairs.left_out | dict.fromkeys(unreferenced(results), UNREFERENCED)
    cells = pairs.new.cells
    broken = (pairs.base.cells["status"] == "done") & (cells["status"] != "done")
    broken_runs = cells.loc[broken, [*KEY, "error"]].reset_index(drop=True)
    seeds = len(tested)
    return Gate(found, broken_runs, pairs, left_out, alpha, tolerance, settings.level, seeds)


def detectable(found: pd.DataFrame, least: float, tolerance: float) -> FloatArray:
    """The difference that is significant, and larger than the tolerance, with a chance of about
    :data:`POWER`, in each row of ``found``: of its ``seeds`` and ``standard_error``.

    ``least``: what the scaled sum of a row's differences must exceed. It grows with Student's t,
    whose distribution under normal differences is the noncentral one.
    """
    n, error = found["seeds"].to_numpy(np.float64), found["standard_error"].to_numpy(np.float64)
    reachable = (n > 1) & (least**2 < n)
    t = least * np.sqrt((n - 1) / np.where(reachable, n - least**2, np.nan))
    shift = special.nctdtrinc(n - 1, 1 - POWER, t) * error
    beyond = tolerance + stats.norm.ppf(POWER) * error
    return np.where(reachable, np.maximum(shift, beyond if tolerance else 0.0), np.inf)


def _counts(pairs: Pairs, found: pd.DataFrame) -> pd.DataFrame:
    """``same``, ``broken`` and ``mended`` of each row."""
    before, now = (side.cells["status"] == "done" for side in (pairs.base, pairs.new))
    runs = pd.DataFrame({"same": pairs.same, "broken": before & ~now, "mended": now & ~before})
    cells = pairs.new.cells
    labels = {"algorithm": algorithm_names(cells), "problem": cells["problem"]}

    def of(row: pd.Series) -> pd.Series:
        member = runs.index >= 0
        for name, label in labels.items():
            if row[name] is not None:
                member &= label == row[name]
        return runs[member].sum()

    return found.apply(of, axis=1)

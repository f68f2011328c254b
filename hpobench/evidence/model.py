"""What each algorithm may be expected to reach on a problem of a family that nobody has run.

A normalised regret is modelled as a sum: the level of its problem, the effect of its algorithm,
what the algorithm does on this family, what it does on this problem, and the noise of the seeds.
The spreads of these parts are estimated by their moments. Families count alike, however many
problems they have.

The effects are shrunk by how little is known of them: where the spread between families explains
all differences, every algorithm is as good as another. All effects are shrunk by the same share,
the mean of what each would be shrunk by alone, which keeps their order. Shrinking each by its own
share gave worse advice on families that were left out: algorithms that think for long ran on few
problems, would be shrunk most, and are not like the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpobench.evidence.scores import FloatArray, Scores, weights_of

_ROUNDS = 200
_CLOSE = 1e-10


@dataclass(frozen=True)
class RegretModel:
    """The fitted parts."""

    level: float
    """The mean level of a problem."""
    effect: FloatArray
    """Shape (algorithms,): the shrunk effects, in order of ``Scores.algorithms``; NaN without any
    run."""
    raw: FloatArray
    """Shape (algorithms,): the effects before they were shrunk."""
    error: FloatArray
    """Shape (algorithms,): the standard errors of the effects."""
    between_families: float
    """The standard deviation of an algorithm's effect from family to family."""
    within_families: float
    """The standard deviation from problem to problem of a family."""

    @property
    def expected(self) -> FloatArray:
        """Shape (algorithms,): the normalised regret on a new problem."""
        return self.level + self.effect

    @property
    def order(self) -> NDArray[np.int64]:
        """The algorithms that ran, the one with the least expected regret first."""
        # By the raw effects, which still have an order where all effects are shrunk to nothing.
        found: NDArray[np.int64] = np.argsort(self.raw, kind="stable")
        return found[np.isfinite(self.effect[found])]

    def draws(self, count: int, seed: int = 0) -> FloatArray:
        """Shape (count, algorithms): what the algorithms may reach on new problems, without the
        level and the noise of the seeds."""
        random = np.random.default_rng(seed)
        # An algorithm without any run is never the best.
        known = np.nan_to_num(self.effect, nan=np.inf)
        spread = np.sqrt(
            np.nan_to_num(self.error) ** 2 + self.between_families**2 + self.within_families**2
        )
        return known + spread * random.standard_normal((count, len(known)))


def fit(scores: Scores, weight: FloatArray | None = None) -> RegretModel:
    """The model of ``scores``; problems count with ``weight``, by default :func:`weights_of`."""
    weight = weights_of(scores.families) if weight is None else weight
    mean, there = scores.mean, np.isfinite(scores.mean)
    level, effect = _additive(mean, there, weight)
    rest = np.where(there, mean - level[:, None] - effect, 0.0)
    noise = np.where(there, scores.noise, 0.0)
    names = sorted(set(scores.families))
    member = np.array([[family == name for family in scores.families] for name in names], float)
    between, within = _spreads(rest, there, noise, member)
    # The variance of each algorithm's weighted mean; NaN where it has no run.
    total = (there * weight[:, None]).sum(axis=0)
    part = _ratio(there * weight[:, None], total)
    by_family = ((member @ part) ** 2).sum(axis=0) * between
    by_problem = (part**2 * (within + noise)).sum(axis=0)
    variance = np.where(total > 0, by_family + by_problem, np.nan)
    known = np.isfinite(variance)
    center, spread = center_and_spread(effect[known], variance[known])
    alone = np.divide(
        spread, spread + variance, out=np.ones_like(variance), where=spread + variance > 0
    )
    share = float(np.mean(alone[known])) if known.any() else 1.0
    error = share**2 * variance + (1 - share) ** 2 * spread
    return RegretModel(
        level=float(np.average(level, weights=weight)),
        effect=np.where(known, center + share * (effect - center), np.nan),
        raw=effect,
        error=np.sqrt(error),
        between_families=float(np.sqrt(between)),
        within_families=float(np.sqrt(within)),
    )


def _additive(
    mean: FloatArray, there: NDArray[np.bool_], weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The levels of problems and the effects of algorithms, whose mean is 0, by weighted least
    squares."""
    values, w = np.where(there, mean, 0.0), there * weight[:, None]
    effect = np.zeros(mean.shape[1])
    level = np.zeros(mean.shape[0])
    for _ in range(_ROUNDS):
        level = _ratio(((values - effect) * there).sum(axis=1), there.sum(axis=1))
        new = _ratio(((values - level[:, None]) * w).sum(axis=0), w.sum(axis=0))
        new -= new.mean()
        moved, effect = float(np.abs(new - effect).max(initial=0.0)), new
        if moved < _CLOSE:
            break
    return level, effect


def center_and_spread(effect: FloatArray, variance: FloatArray) -> tuple[float, float]:
    """The mean of the effects, and their variance beyond the ``variance`` with which each is known.

    By the moments of DerSimonian and Laird (doi:10.1016/0197-2456(86)90046-2): the better an effect
    is known, the more it counts. Otherwise a few that are hardly known would hide how much the
    others differ.
    """
    if len(effect) < 2:
        return float(effect.sum()), 0.0
    weight = 1 / np.maximum(variance, _CLOSE)
    total = float(weight.sum())
    squares = float((weight * (effect - np.average(effect, weights=weight)) ** 2).sum())
    excess = (squares - (len(effect) - 1)) / (total - float((weight**2).sum()) / total)
    spread = max(excess, 0.0)
    return float(np.average(effect, weights=1 / np.maximum(spread + variance, _CLOSE))), spread


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _spreads(
    rest: FloatArray, there: NDArray[np.bool_], noise: FloatArray, member: FloatArray
) -> tuple[float, float]:
    """The variances between families, and between problems of a family, over all algorithms.

    ``rest``: regrets less levels and effects. ``member``, of shape (families, problems), is 1 where
    a problem is of the family.
    """
    # The rest was centred twice, over the algorithms of each problem and over families. Each
    # centring takes degrees of freedom, which `centred` and the last division put right.
    algorithms = there.sum(axis=1)
    centred = max(float(1 - there.any(axis=1).sum() / max(algorithms.sum(), 1)), _CLOSE)
    counts = member @ there
    means = _ratio(member @ rest, counts)
    inside = ((rest - member.T @ means) * there) ** 2
    several = (counts - 1).clip(0)
    alone = (member.T @ counts) > 1
    noisy = (_ratio(member @ noise, counts) * several).sum()
    free = several.sum()
    within = max((inside[alone].sum() / centred - noisy) / free, 0.0) if free else 0.0
    of_mean = _ratio(counts * within + member @ noise, counts**2)[counts > 0]
    if len(member) < 2:
        return 0.0, float(within)
    squares = float((means[counts > 0] ** 2).mean()) / centred / (1 - 1 / len(member))
    return max(squares - float(of_mean.mean()), 0.0), float(within)

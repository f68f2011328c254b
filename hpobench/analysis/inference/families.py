"""Claims about problems beyond the suite: families of problems are resampled, not problems.

Problems of one family are alike, so that the spread among families, not among problems, shows how
much another suite would differ (Cameron, Gelbach and Miller 2008, "Bootstrap-based improvements
for inference with clustered errors"). Every family counts alike, however many problems it has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpobench.analysis.core.budgets import stored_mapping
from hpobench.analysis.inference.bootstrap import seed_means, weighted_draws
from hpobench.analysis.settings import BoolArray, FloatArray, IntArray, Settings
from hpobench.contract.seeding import derive_seed

_NOTHING = 1e-12  # a difference in ``nr``, or a spread of one, that is rounding
FEWEST = 5
"""Families from which anything is said about others: as few as there must be problems for tests of
ranks."""


def families_of(cells: pd.DataFrame) -> dict[str, str]:
    """The family of each problem in ``cells``: what its class says (which cells keep with their
    provenance), else the name of its plugin.

    Problems whose cells keep neither count as one family: nothing shows that they differ.
    """
    # A cell whose process died may not know the class.
    first = cells.sort_values("status", key=lambda s: s != "done", kind="stable")
    first = first.drop_duplicates("problem").set_index("problem").loc[cells["problem"].unique()]
    found = {}
    for problem, row in first.iterrows():
        plugin = stored_mapping(row["spec"]).get("problem")
        name = plugin.get("name") if isinstance(plugin, dict) else None
        declared = stored_mapping(row["provenance"]).get("family")
        found[str(problem)] = str(declared or name or "unknown")
    return found


class Families:
    """The families of the problems on one axis of an array."""

    def __init__(self, problems: Sequence[str], families: Sequence[str]) -> None:
        self.problems = tuple(problems)
        self.names = tuple(dict.fromkeys(families))
        self.members: BoolArray = np.array(self.names)[:, None] == np.array(families)
        """Shape (families, problems)."""
        self.sizes: IntArray = self.members.sum(axis=1)

    @property
    def shares(self) -> FloatArray:
        """Shape (families, problems): the mean over a family's problems as weights."""
        shares: FloatArray = self.members / self.sizes[:, None]
        return shares

    @property
    def weights(self) -> FloatArray:
        """Shape (problems,): the mean over families of the means over their problems."""
        weights: FloatArray = self.shares.mean(axis=0)
        return weights

    def drawn_weights(self, settings: Settings) -> FloatArray:
        """The weights in each repetition, shape (repetitions, problems), which sum to 1: families
        are drawn, then for each time that one was drawn as many problems as it has."""
        count, repetitions = len(self.names), settings.repetitions
        rng = np.random.default_rng(
            derive_seed("bootstrap families", settings.seed, *self.names, *self.problems)
        )
        times = rng.multinomial(count, np.full(count, 1.0 / count), size=repetitions)
        weights = np.empty((repetitions, len(self.problems)))
        for family, members in enumerate(self.members):
            size = int(self.sizes[family])
            drawn = rng.multinomial(times[:, family] * size, np.full(size, 1.0 / size))
            weights[:, members] = drawn / (size * count)
        return weights


def family_draws(values: FloatArray, families: Families, settings: Settings) -> FloatArray:
    """Means over resampled seeds, problems and families; shape (repetitions, algorithms).

    ``values`` has shape (algorithms, problems, seeds). A problem that is drawn twice has the same
    seeds twice, which errs on the wide side.
    """
    weights = families.drawn_weights(settings)
    return weighted_draws(values[..., None], families.problems, weights, settings)[..., 0]


def family_mean(values: FloatArray, families: Families) -> FloatArray:
    """Mean over seeds, over the problems of a family, and over families; shape (algorithms,)."""
    mean: FloatArray = (seed_means(values[..., None])[..., 0] * families.weights).sum(axis=1)
    return mean


def rank_intervals(
    estimate: FloatArray, draws: FloatArray, families: int, level: float
) -> tuple[IntArray, IntArray]:
    """The best and the worst rank of each algorithm that the data leave open, 1 for the lowest.

    An algorithm's best rank comes after all that are clearly lower, its worst before all that are
    clearly higher; algorithms that cannot be told apart share theirs. A difference is clear if it
    exceeds its standard error as many times as the largest of all differences does in 1 - ``level``
    of the repetitions alone. All ranks then hold together with about that confidence (Mogstad,
    Romano, Shaikh and Wilhelm 2024, "Inference for Ranks"). Resampled means of few ``families``
    vary too little, with tails that are too short; the reach of a difference is that of a t test.

    ``estimate`` has shape (algorithms,), ``draws`` (repetitions, algorithms).
    """
    from scipy import stats  # here, for processes that only draw import this module's users

    count = len(estimate)
    largest = np.zeros(len(draws))
    errors = np.empty((count, count))
    for a in range(count):
        drawn = draws - draws[:, a : a + 1]
        errors[a] = drawn.std(axis=0)
        off = np.abs(drawn - (estimate - estimate[a]))
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = np.where(errors[a] > _NOTHING, off / errors[a], 0.0)
        np.maximum(largest, scaled.max(axis=1), out=largest)
    times = stats.t.isf(stats.norm.sf(np.quantile(largest, level)), families - 1)
    reach = times * np.sqrt(families / (families - 1)) * errors
    higher = (estimate - estimate[:, None]) > np.maximum(reach, _NOTHING)  # column above row
    best = 1 + np.count_nonzero(higher, axis=0)
    worst = count - np.count_nonzero(higher, axis=1)
    return best, worst


def leaders_without(values: FloatArray, families: Families) -> BoolArray:
    """Which algorithms have the lowest :func:`family_mean` if one family is left out; shape
    (algorithms, families). ``values`` as in :func:`family_draws`."""
    of_family = np.einsum("ap,fp->af", seed_means(values[..., None])[..., 0], families.shares)
    rest = of_family.sum(axis=1, keepdims=True) - of_family
    leaders: BoolArray = rest <= rest.min(axis=0) + _NOTHING
    return leaders

"""Thompson sampling from a model of the ranks on other data sets."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING

from hpobench.api import Categorical, Config, Fidelity, Ordinal, Searcher, Space
from hpobench.kit import UsageError

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor


class QuantileTransfer(Searcher):
    """Draws from a model of how good configurations were on earlier data sets, by their ranks.

    Losses of each data set become normal scores of their ranks, so that data sets of other scales
    go together. Extremely randomised trees predict the score; a proposal is, of ``candidates``
    random configurations, the one with the lowest draw around its prediction, whose spread is that
    of what the trees leave unexplained out of bag. What the search itself finds is not used, as in
    the copula Thompson sampling of the source. Without a history this is random search.

    Salinas, Shen and Perrone, A quantile-based approach for hyperparameter transfer learning, ICML
    2020.

    ``candidates``: the number of random configurations for each proposal.
    """

    name = "quantile-transfer"
    library = "scikit-learn"
    requires = ("scikit-learn>=1.6",)
    conditional = False
    learns = False

    def __init__(
        self, space: Space, *, seed: int, fidelity: Fidelity, candidates: int = 500
    ) -> None:
        if candidates < 1:
            raise UsageError(f"quantile-transfer: candidates must be at least 1, not {candidates}")
        self._space, self._seed, self._candidates = space, seed, candidates
        self._rng = Random(seed)
        self._model: ExtraTreesRegressor | None = None
        self._spread = 0.0

    def recall(self, history: Sequence[Sequence[tuple[Config, float]]]) -> None:
        import numpy as np
        from sklearn.ensemble import ExtraTreesRegressor

        features = [self._features(config) for trials in history for config, _ in trials]
        scores = [score for trials in history for score in _scores([loss for _, loss in trials])]
        self._model = ExtraTreesRegressor(
            100, bootstrap=True, oob_score=True, min_samples_leaf=2, random_state=self._seed % 2**32
        )
        with warnings.catch_warnings():
            # Of two or three trials some may be in every bag, which scikit-learn warns of.
            warnings.simplefilter("ignore", UserWarning)
            self._model.fit(features, scores)
        left = np.asarray(scores) - np.nan_to_num(self._model.oob_prediction_)
        self._spread = math.sqrt(float(np.mean(left**2)))

    def ask(self, trial: int) -> Config:
        if self._model is None:
            return self._space.sample(self._rng)
        drawn = [self._space.sample(self._rng) for _ in range(self._candidates)]
        scores = self._model.predict([self._features(config) for config in drawn]).tolist()
        noisy = [self._rng.gauss(score, self._spread) for score in scores]
        return drawn[noisy.index(min(noisy))]

    def tell(self, trial: int, step: int, loss: float, *, final: bool) -> None:
        """The model is of other data sets alone."""

    def _features(self, config: Config) -> list[float]:
        """A coordinate for a number, an indicator for each category."""
        found: list[float] = []
        for p in self._space:
            if isinstance(p, Categorical) and not isinstance(p, Ordinal):
                taken = p.index(config[p.name])
                found += [float(i == taken) for i in range(len(p.choices))]
            else:
                found.append(p.to_unit(config[p.name]))
        return found


def _scores(losses: Sequence[float]) -> list[float]:
    """The normal scores of the ranks of ``losses``; equal losses share their mean rank."""
    ranks = [
        sum(other < loss for other in losses) + (sum(other == loss for other in losses) + 1) / 2
        for loss in losses
    ]
    normal = NormalDist()
    return [normal.inv_cdf((rank - 0.5) / len(losses)) for rank in ranks]

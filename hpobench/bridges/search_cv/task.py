"""A search's work: the estimator, the data and the splits, as its workers know them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import clone, is_classifier

from hpobench.bridges.search_cv.private import fit_and_score
from hpobench.contract.errors import CellError


@dataclass
class Task:
    """What every fit of a search is given.

    ``splits``: row numbers to train and to test on. ``fitting``: the further arguments of
    scikit-learn's function that fits and scores. ``metric``: the score that is maximised; ``None``
    if there is one only. ``settings``: scikit-learn's, which are those of a thread.
    """

    estimator: Any
    x: Any
    y: Any
    splits: Sequence[tuple[Any, Any]]
    fitting: Mapping[str, Any]
    metric: str | None
    settings: Mapping[str, Any]
    raised: Exception | None = field(default=None, repr=False)
    """What a fit raised in this process, where ``error_score`` is "raise"."""

    @cached_property
    def labels(self) -> Any:
        """The classes that ``partial_fit`` must know from the start; ``None`` for none."""
        plain = self.y is not None and is_classifier(self.estimator) and np.ndim(self.y) == 1
        return np.unique(self.y) if plain else None

    def fit_and_score(
        self, split: int, params: Mapping[str, Any], *, model: Any = None, rows: float = 1.0
    ) -> dict[str, Any]:
        """scikit-learn's record of one fit; ``rows`` is the share of those to train on."""
        train, test = self.splits[split]
        if rows < 1:
            train = np.sort(self._orders[split][: max(1, round(rows * len(train)))])
        with config_context(**self.settings):
            record: dict[str, Any] = fit_and_score(
                clone(self.estimator) if model is None else model,
                self.x,
                self.y,
                train=train,
                test=test,
                parameters=dict(params),
                split_progress=(split, len(self.splits)),
                return_n_test_samples=True,
                return_times=True,
                **self.fitting,
            )
        return record

    def failures(self, error: str) -> list[dict[str, Any]]:
        """scikit-learn's records of the fits of a candidate that ended without any."""
        score = self.fitting["error_score"]
        if score == "raise":
            raise CellError(error)
        scorers = getattr(self.fitting["scorer"], "_scorers", None)
        scores = dict.fromkeys(scorers, score) if scorers else score
        times = {"fit_time": math.nan, "score_time": math.nan}
        record = {"fit_error": error, "test_scores": scores, "train_scores": scores, **times}
        return [{**record, "n_test_samples": len(test)} for _, test in self.splits]

    @cached_property
    def _orders(self) -> list[Any]:
        """The rows of every split to train on, shuffled so that every beginning has about the same
        shares of the classes."""
        orders = []
        for train, _ in self.splits:
            rows, place = np.asarray(train), np.empty(len(train))
            classes = np.zeros(len(train)) if self.labels is None else np.asarray(self.y)[train]
            rng = np.random.default_rng(0)
            for label in np.unique(classes):
                members = np.flatnonzero(classes == label)
                spots = (np.arange(len(members)) + rng.random(len(members))) / len(members)
                place[rng.permutation(members)] = spots
            orders.append(rows[np.argsort(place, kind="stable")])
        return orders

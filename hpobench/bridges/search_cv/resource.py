"""The resource by which a candidate of a search is tried on a part first.

It is found in the estimator, or in the last step of a pipeline:

- ``partial_fit`` and ``max_iter``: passes over the data;
- ``n_estimators``, or ``max_iter`` beside ``warm_start``: trees, boosting rounds, iterations, which
  a model with ``warm_start`` adds to those that it has;
- otherwise rows of the data.

With its whole resource a candidate is fitted by the estimator's own ``fit`` with the candidate's
own parameters, so that its score is the one of ``cross_validate``.
"""

from __future__ import annotations

import functools
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from hpobench.bridges.search_cv.task import Task

MOST_PASSES = 81
"""Passes over the data that count as a whole training below ``max_iter``, which is the limit of
estimators that stop by themselves long before."""
_DEFAULT_ROUNDS = 100  # of XGBoost, where ``n_estimators`` is ``None`` until it trains


class Resource(ABC):
    """What a part of a training is a part of; ``name`` is its name in tables."""

    name: str

    def most_steps(self, task: Task) -> int:  # noqa: ARG002 - of a resource that is whole numbers
        """The largest number of parts that make sense."""
        return 9

    @abstractmethod
    def amount(self, task: Task, params: Mapping[str, Any], share: float) -> int:
        """The amount that ``share`` of the whole resource is for a candidate."""

    @abstractmethod
    def fit(
        self, task: Task, params: Mapping[str, Any], split: int, share: float, kept: Any
    ) -> tuple[dict[str, Any], Any]:
        """Train on a split with ``share`` of the resource, and score. ``kept`` is what the last
        call returned for the split, if any. Returns scikit-learn's record of the fit, and what to
        keep."""


class Rows(Resource):
    """Rows that a model is trained on: the same growing part of them for all candidates."""

    name = "n_samples"

    def most_steps(self, task: Task) -> int:
        rows = min(len(train) for train, _ in task.splits)
        fewest = max(20, 0 if task.labels is None else 4 * len(task.labels))
        return next((steps for steps in (9, 3) if rows / steps >= fewest), 1)

    def amount(self, task: Task, params: Mapping[str, Any], share: float) -> int:  # noqa: ARG002
        return round(share * max(len(train) for train, _ in task.splits))

    def fit(
        self, task: Task, params: Mapping[str, Any], split: int, share: float, kept: Any
    ) -> tuple[dict[str, Any], Any]:
        return task.fit_and_score(split, params, rows=share), kept


class Rounds(Resource):
    """Trees, boosting rounds or iterations, as many as ``parameter`` says. With the parameter
    ``warm`` a fitted model goes on; without, every part is trained from the start."""

    def __init__(self, parameter: str, warm: str | None) -> None:
        self.name = parameter.rpartition("__")[2]
        self._parameter, self._warm = parameter, warm

    def amount(self, task: Task, params: Mapping[str, Any], share: float) -> int:
        given = params.get(self._parameter, task.estimator.get_params()[self._parameter])
        return max(1, round(share * (_DEFAULT_ROUNDS if given is None else given)))

    def fit(
        self, task: Task, params: Mapping[str, Any], split: int, share: float, kept: Any
    ) -> tuple[dict[str, Any], Any]:
        amount = {self._parameter: self.amount(task, params, share)}
        with warnings.catch_warnings():
            if share < 1:
                warnings.simplefilter("ignore", ConvergenceWarning)
            if self._warm is None:
                whole = params if share == 1 else {**params, **amount}
                return task.fit_and_score(split, whole), None
            # It is about other data in the next fit, which is the same here.
            warnings.filterwarnings("ignore", "class_weight presets", UserWarning)
            if kept is None:
                kept = clone(task.estimator)
                amount = {**params, self._warm: True, **amount}
            return task.fit_and_score(split, amount, model=kept), kept


class Passes(Resource):
    """Passes over the data by ``partial_fit`` of the last of ``steps``, which are a pipeline's."""

    name = "passes"

    def __init__(self, parameter: str) -> None:
        self._parameter = parameter

    def amount(self, task: Task, params: Mapping[str, Any], share: float) -> int:
        limit: int = params.get(self._parameter, task.estimator.get_params()[self._parameter])
        return max(1, round(share * min(limit, MOST_PASSES)))

    def fit(
        self, task: Task, params: Mapping[str, Any], split: int, share: float, kept: Any
    ) -> tuple[dict[str, Any], Any]:
        if share == 1:
            return task.fit_and_score(split, params), None
        model, done = kept or (clone(task.estimator), 0)
        amount = self.amount(task, params, share)
        # What scikit-learn calls to fit the model.
        model.fit = functools.partial(_pass, model, amount - done, task.labels)
        try:
            return task.fit_and_score(split, {} if done else params, model=model), (model, amount)
        finally:
            del model.fit


def _pass(model: Any, times: int, labels: Any, x: Any, y: Any) -> Any:
    """Let ``model``, or the last step of a pipeline, pass ``times`` over the data."""
    known = {} if labels is None else {"classes": labels}
    if before := getattr(model, "steps", [])[:-1]:
        first, model = model[: len(before)], model[-1]
        try:
            x = first.transform(x)
        except NotFittedError:  # only the first pass over the data fits what prepares it
            x = first.fit(x, y).transform(x)
    for _ in range(times):
        model.partial_fit(x, y, **known)
    return model


def find_resource(estimator: Any, y: Any, *, fit_params: bool) -> Resource:
    """The resource of ``estimator``; ``fit_params``: its ``fit`` is given more than data."""
    last, prefix = estimator, ""
    if getattr(estimator, "steps", None) and hasattr(estimator, "named_steps"):  # a pipeline
        name, last = estimator.steps[-1]
        prefix = f"{name}__"
    known = last.get_params(deep=False) if hasattr(last, "get_params") else {}
    warm = f"{prefix}warm_start" if "warm_start" in known else None
    if "n_estimators" in known:
        return Rounds(f"{prefix}n_estimators", warm)
    if not isinstance(known.get("max_iter"), int) or known["max_iter"] < 1:
        return Rows()
    if hasattr(last, "partial_fit"):
        plain = not (fit_params or known.get("early_stopping") or np.ndim(y) != 1)
        return Passes(f"{prefix}max_iter") if plain else Rows()
    if warm is None:
        return Rows()
    # Boosting adds rounds to a model; what converges is better begun anew.
    return Rounds(f"{prefix}max_iter", warm if "max_leaf_nodes" in known else None)

"""The data sets in XGBoost's format."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import xgboost

from hpobench.problems.data._tables import split, table


class Data(NamedTuple):
    """The parts of a data set."""

    train: xgboost.DMatrix
    validation: xgboost.DMatrix
    test: xgboost.DMatrix
    classes: int | None
    """The number of classes; ``None`` for regression."""


@cache
def load(dataset: str, threads: int) -> Data:
    """The parts of ``dataset``, made with ``threads`` threads once in a process."""
    features, target, classes = table(dataset)
    parts = (
        xgboost.DMatrix(features[rows], label=target[rows], nthread=threads)
        for rows in split(target, stratify=classes is not None)
    )
    return Data(*parts, classes)  # type: ignore[call-arg]

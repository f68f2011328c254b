"""The tables that XGBoost is trained on, split once and for all."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import xgboost
from numpy.typing import NDArray

from hpobench.problems.xgboost._problem import DATA, REGRESSION

SPLIT_SEED = 0


class Table(NamedTuple):
    """A data set."""

    features: NDArray[np.float32]
    """``[rows, features]``."""
    target: NDArray[Any]
    """``[rows]``: classes 0, 1, ... or real numbers."""
    classes: int | None
    """How many; ``None`` for regression."""


class Data(NamedTuple):
    """A data set's parts as XGBoost wants them."""

    train: xgboost.DMatrix
    validation: xgboost.DMatrix
    test: xgboost.DMatrix
    classes: int | None


@cache
def load(dataset: str, threads: int) -> Data:
    """The parts of ``dataset``, made once in a process by ``threads`` threads."""
    features, target, classes = table(dataset)
    parts = (
        xgboost.DMatrix(features[rows], label=target[rows], nthread=threads)
        for rows in split(target, stratify=classes is not None)
    )
    return Data(*parts, classes)


def table(dataset: str) -> Table:
    """The whole of ``dataset``; nothing is downloaded."""
    file = DATA / f"{dataset}.parquet"
    if file.is_file():
        import pandas as pd

        frame = pd.read_parquet(file)
        target = frame.pop("target").to_numpy()
        features = frame.to_numpy(np.float32)
    else:
        from sklearn import datasets

        loaded, target = getattr(datasets, f"load_{dataset}")(return_X_y=True)
        features = loaded.astype(np.float32)
    if dataset in REGRESSION:
        return Table(features, target.astype(np.float32), None)
    names, codes = np.unique(target, return_inverse=True)
    return Table(features, codes, len(names))


def split(target: NDArray[Any], *, stratify: bool) -> tuple[NDArray[np.int64], ...]:
    """The rows to train on, to validate with and to test with: 60, 20 and 20 %."""
    from sklearn.model_selection import train_test_split

    rest, test = train_test_split(
        np.arange(len(target)),
        test_size=0.2,
        stratify=target if stratify else None,
        random_state=SPLIT_SEED,
    )
    train, validation = train_test_split(
        rest,
        test_size=0.25,
        stratify=target[rest] if stratify else None,
        random_state=SPLIT_SEED,
    )
    return train, validation, test

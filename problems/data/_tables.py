"""The data sets that problems train on: how they are loaded, and the fixed split of each."""

from __future__ import annotations

import hashlib
import io
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpobench.kit import NotAvailableError
from hpobench.problems.data._index import FOLDER, Entry, entries

SPLIT_SEED = 0
REMEDY = "install hpobench anew, or redo the file in a checkout: python problems/data/make_data.py"


class Table(NamedTuple):
    """A data set as arrays."""

    features: NDArray[np.float32]
    """``[rows, features]``; NaN where a value is missing."""
    target: NDArray[Any]
    """``[rows]``: classes 0, 1, ... or real numbers (float32)."""
    classes: int | None
    """The number of classes; ``None`` for regression."""


def table(dataset: str) -> Table:
    """All rows of ``dataset``; nothing is downloaded.

    Raises :class:`NotAvailableError` if the file is absent, or if its hash is not the one in
    ``datasets.json``.
    """
    entry = entries()[dataset]
    features, target = _shipped(dataset, entry) if entry.sha256 else _of_sklearn(dataset)
    if entry.classes is None:
        return Table(features, target.astype(np.float32), None)
    return Table(features, np.unique(target, return_inverse=True)[1], entry.classes)


def _shipped(dataset: str, entry: Entry) -> tuple[NDArray[np.float32], NDArray[Any]]:
    file = FOLDER / f"{dataset}.parquet"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NotAvailableError(f"{file}: cannot be read: {error.strerror}; {REMEDY}") from error
    if (found := hashlib.sha256(content).hexdigest()) != entry.sha256:
        raise NotAvailableError(
            f"{file}: damaged or another version: its sha256 is {found}, "
            f"in datasets.json it is {entry.sha256}; {REMEDY}"
        )
    frame = pd.read_parquet(io.BytesIO(content))
    target = frame.pop("target").to_numpy()
    return frame.to_numpy(np.float32), target


def _of_sklearn(dataset: str) -> tuple[NDArray[np.float32], NDArray[Any]]:
    from sklearn import datasets

    features, target = getattr(datasets, f"load_{dataset}")(return_X_y=True)
    return features.astype(np.float32), target


def split(target: NDArray[Any], *, stratify: bool) -> tuple[NDArray[np.int64], ...]:
    """The indices of the rows for training (60 %), validation (20 %) and testing (20 %).

    The split is always the same. With ``stratify``, every class is equally frequent in all parts.
    """
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

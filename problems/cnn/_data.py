"""The digits that the networks are trained on, split once and for all."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpobench.seeding import global_generators

SPLIT_SEED = 0


class Part(NamedTuple):
    """Some of a set's digits."""

    inputs: NDArray[np.float32]
    """``[rows, 1, length]`` or ``[rows, 1, height, width]``, standardised by the training part."""
    labels: NDArray[np.int64]
    """``[rows]``, 0-9."""


class Splits(NamedTuple):
    """60, 20 and 20 % of a set, every label as frequent in each."""

    train: Part
    validation: Part
    test: Part


@cache
def splits(dataset: str) -> Splits:
    """The parts of ``dataset``, loaded once in a process; nothing is downloaded."""
    from sklearn.model_selection import train_test_split

    inputs, labels = {"digits": _digits, "mnist1d": _mnist1d}[dataset]()
    rest, test = train_test_split(
        np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=SPLIT_SEED
    )
    train, validation = train_test_split(
        rest, test_size=0.25, stratify=labels[rest], random_state=SPLIT_SEED
    )
    mean, deviation = inputs[train].mean(), inputs[train].std()
    scaled = ((inputs - mean) / deviation).astype(np.float32)[:, None]
    return Splits(*(Part(scaled[rows], labels[rows]) for rows in (train, validation, test)))


def _digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return loaded.images, loaded.target.astype(np.int64)


def _mnist1d() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The set that the package generates by default, 4,000 and 1,000 digits joined.

    Its ``get_dataset`` would download a pickle and write it to the working directory.
    """
    from mnist1d.data import get_dataset_args, make_dataset

    arguments = get_dataset_args()
    with global_generators(arguments.seed):  # make_dataset seeds them and leaves them so
        made = make_dataset(arguments)
    inputs, labels = (np.concatenate([made[key], made[f"{key}_test"]]) for key in ("x", "y"))
    return inputs, labels.astype(np.int64)

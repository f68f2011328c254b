"""The images and signals that the networks are trained on, in a fixed split."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpobench.kit import global_generators
from hpobench.problems.data._tables import split, table


class Part(NamedTuple):
    """A part of a data set."""

    inputs: NDArray[np.float32]
    """``[rows, 1, length]`` or ``[rows, 1, height, width]``, standardised by the training part."""
    labels: NDArray[np.int64]
    """``[rows]``: the classes 0 to 9."""


class Splits(NamedTuple):
    """60, 20 and 20 % of a data set; every label is equally frequent in all parts."""

    train: Part
    validation: Part
    test: Part


@cache
def splits(dataset: str) -> Splits:
    """The parts of ``dataset``. They are loaded once in a process, and nothing is downloaded."""
    inputs, labels = _mnist1d() if dataset == "mnist1d" else _images(dataset)
    parts = split(labels, stratify=True)
    mean, deviation = inputs[parts[0]].mean(), inputs[parts[0]].std()
    scaled = ((inputs - mean) / deviation).astype(np.float32)[:, None]
    return Splits(*(Part(scaled[rows], labels[rows]) for rows in parts))


def _images(dataset: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The images ``[rows, height, width]`` and labels of a table that stores square images."""
    pixels, labels, _ = table(dataset)
    side = math.isqrt(pixels.shape[1])
    return pixels.reshape(-1, side, side).astype(np.float64), labels.astype(np.int64)


def _mnist1d() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The set that the package generates by default: its 4,000 and 1,000 digits, joined.

    The package's ``get_dataset`` is not used, because it would download a pickle and write it to
    the working directory.
    """
    from mnist1d.data import get_dataset_args, make_dataset

    arguments = get_dataset_args()
    with global_generators(arguments.seed):  # make_dataset seeds them and does not restore them
        made = make_dataset(arguments)
    inputs, labels = (np.concatenate([made[key], made[f"{key}_test"]]) for key in ("x", "y"))
    return inputs, labels.astype(np.int64)

"""Small convolutional networks, recorded in random configurations."""

from __future__ import annotations

from typing import Literal, get_args

from hpobench.kit import UnknownNameError
from hpobench.problems.recorded._shipped import Shipped

Dataset = Literal["digits", "mnist1d", "optdigits"]


class CNNSample(Shipped):
    """Convolutional networks recorded on 3 sets: 300 random configurations, 27 epochs each.

    The recorded problem is ``cnn``, with its conditional space. A configuration gets the results of
    the nearest one in the sample, by the rule of ``recorded``.
    """

    name = "cnn-sample"
    family = "cnn"
    trained = "cnn"

    def __init__(self, *, dataset: Dataset) -> None:
        if dataset not in get_args(Dataset):
            raise UnknownNameError("cnn-sample dataset", dataset, get_args(Dataset))
        super().__init__(dataset)

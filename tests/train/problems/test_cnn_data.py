import random
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpobench.problems.cnn._data import splits
from tests.support.global_state import numpy_state

SHAPES = {"digits": (1, 8, 8), "fashion14": (1, 14, 14), "mnist1d": (1, 40), "optdigits": (1, 8, 8)}
SIZES = {
    "digits": (1077, 360, 360),
    "fashion14": (3600, 1200, 1200),
    "mnist1d": (3000, 1000, 1000),
    "optdigits": (3372, 1124, 1124),
}

FIRST = {
    "digits": [7, 6, 3, 7, 7, 3, 2, 8, 9, 3],
    "fashion14": [7, 1, 9, 8, 8, 0, 8, 6, 1, 2],
    "mnist1d": [6, 3, 0, 8, 8, 3, 0, 0, 7, 8],
    "optdigits": [2, 5, 1, 7, 8, 0, 1, 6, 0, 8],
}
"""Test labels: the frozen references hold for this split alone."""


@pytest.fixture(params=SHAPES)
def dataset(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_parts(dataset: Any) -> None:
    parts = splits(dataset)
    assert tuple(len(part.labels) for part in parts) == SIZES[dataset]
    assert parts.test.labels[:10].tolist() == FIRST[dataset]
    for part in parts:
        assert part.inputs.shape == (len(part.labels), *SHAPES[dataset])
        assert [part.inputs.dtype, part.labels.dtype] == [np.float32, np.int64]
        assert np.isfinite(part.inputs).all()
    assert parts.train.inputs.mean() == pytest.approx(0, abs=1e-5)
    assert parts.train.inputs.std() == pytest.approx(1, abs=1e-5)


def test_every_label_is_as_frequent_in_each_part(dataset: Any) -> None:
    shares = [np.bincount(part.labels) / len(part.labels) for part in splits(dataset)]
    assert len(shares[0]) == 10
    for part, labels in zip(shares, SIZES[dataset], strict=True):
        assert part == pytest.approx(shares[0], abs=1.5 / min(labels, 1000))


def test_no_digit_is_in_two_parts() -> None:
    """Of the generated ones: among the scanned ones there may be two alike."""
    rows = [{row.tobytes() for row in part.inputs} for part in splits("mnist1d")]
    assert len(set.union(*rows)) == sum(map(len, rows)) == 5000


def test_the_parts_are_the_same_always_and_come_from_no_network(
    dataset: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError("no network here")

    expected = splits(dataset)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.chdir(tmp_path)
    splits.cache_clear()
    for part, same in zip(splits(dataset), expected, strict=True):
        assert part.inputs.tobytes() == same.inputs.tobytes()
        assert part.labels.tobytes() == same.labels.tobytes()
    assert list(tmp_path.iterdir()) == []


def test_global_generators_stay_as_they_are(dataset: Any) -> None:
    python, numpy = random.getstate(), numpy_state()
    splits.cache_clear()
    splits(dataset)
    assert random.getstate() == python
    assert numpy_state() == numpy

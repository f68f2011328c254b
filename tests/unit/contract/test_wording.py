"""Numbers, times and names in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from hpobench.contract.wording import (
    apart,
    count,
    duration,
    listed,
    measured,
    ranges,
    roughly,
    shortened,
)


@pytest.mark.parametrize(
    ("words", "value", "text"),
    [
        (duration, 0.4, "0 s"),
        (duration, 59, "59 s"),
        (duration, 185, "3 min 5 s"),
        (duration, 7800, "2 h 10 min"),
        (roughly, 3, "a minute"),
        (roughly, 238, "4 min"),
        (roughly, 9000, "2.5 h"),
        (roughly, 86400 * 1234, "1,234 d"),
        (measured, 0.00037, "0.37 ms"),
        (measured, 0.0042, "4.2 ms"),
        (measured, 0.25, "250 ms"),
        (measured, 3, "3 s"),
        (measured, 600, "10 min"),
        (listed, "abc", "a, b, c"),
        (listed, range(22), f"{', '.join(map(str, range(20)))} and 2 more"),
        (ranges, [12, *range(10)], "0-9, 12"),
    ],
)
def test_words(words: Callable[[Any], str], value: Any, text: str) -> None:
    assert words(value) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.1231, 0.1234, 0.5], ["0.1231", "0.1234", "0.500"]),
        ([0.0, 1e-12, 0.5], ["0.000", "1.00e-12", "0.500"]),
        ([0.3, 0.3 + 1e-12], ["0.300", "0.300"]),
        ([math.nan, math.inf, 2.0], ["-", "-", "2.00"]),
    ],
)
def test_numbers_that_differ_are_told_apart(values: list[float], texts: list[str]) -> None:
    assert apart(values) == texts


def test_the_middle_of_many_ranges_is_left_out() -> None:
    assert ranges(range(0, 20, 2), 5) == "0, 2, 4, ..., 18"
    assert ranges(range(0, 10, 2), 5) == "0, 2, 4, 6, 8"


def test_one_is_no_plural() -> None:
    assert [count(n, "seed") for n in (0, 1, 1000)] == ["0 seeds", "1 seed", "1,000 seeds"]


def test_long_words_are_shortened_and_others_kept() -> None:
    path = f"/results/{'a' * 4000}/suite.yaml"
    said = shortened(f"{path}: there is no such file; the folder holds {'b' * 200}")
    assert said.startswith(f"/results/{'a' * 91}...{'a' * 88}/suite.yaml: there is")
    assert said.endswith(f"holds {'b' * 200}")

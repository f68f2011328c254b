"""Tables inside of a page."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpobench.reporting.packed import embedded, packed
from hpobench.reporting.vega import RELEASES, library


def unpacked(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_a_table_is_there_again() -> None:
    table = pd.DataFrame(
        {
            "algorithm": ["a", 'b"<\u00e9', None],
            "estimate": [0.5, np.nan, np.inf],
            "seed": [1, 2, 3],
            "clear": [True, False, True],
            "problem": pd.Series(["p", None, "q"], dtype="category"),
            "mixed": [1, "x", float("nan")],
            "setting": ["x", 0.123456789, 1234567.0],
        }
    )
    assert unpacked(packed(table)) == {
        "algorithm": ["a", 'b"<\u00e9', None],
        "estimate": [0.5, None, None],
        "seed": [1, 2, 3],
        "clear": [True, False, True],
        "problem": ["p", None, "q"],
        "mixed": [1, "x", None],
        "setting": ["x", 0.123457, 1234567.0],
    }


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e-3, 1.0, 1e5, 1e15, 1e300])
def test_numbers_have_six_digits(scale: float) -> None:
    exact = np.array([1.23456789, -9.87654321, 0.0, 1.0]) * scale
    found = unpacked(packed(pd.DataFrame({"x": exact})))["x"]
    assert found == pytest.approx(exact.tolist(), rel=1e-5, abs=0.0)


def test_six_digits_take_little_space() -> None:
    numbers = np.random.default_rng(0).random(1000)
    found = unpacked(packed(pd.DataFrame({"x": numbers})))["x"]
    assert max(len(repr(value)) for value in found) <= 11


def test_the_same_table_gives_the_same_text() -> None:
    table = pd.DataFrame({"x": [1.5, 2.5]})
    assert packed(table) == packed(table.copy())
    assert unpacked(packed(table.iloc[:0])) == {"x": []}


def test_data_in_a_page_ends_no_script() -> None:
    text = embedded({"name": "</script><b>"})
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><b>"}


def test_the_library_is_the_one_that_is_named() -> None:
    text = gzip.decompress(base64.b64decode(library())).decode()
    for name, release in RELEASES.items():
        assert f"// {name} {release}\n" in text
    assert "sourceMappingURL" not in text
    assert "</script" not in text

"""CSV that a spreadsheet takes for what it is."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from hpobench.analysis.text.csv_files import csv_bytes


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\n=1", "\uff1d1+1"])
def test_text_is_no_formula(text: str) -> None:
    table = pd.DataFrame({"label": [text, "fine"], text: [1.5, 2.5]})
    read = pd.read_csv(io.BytesIO(csv_bytes(table)))
    assert list(read["label"]) == [f"'{text}", "fine"]
    assert list(read[f"'{text}"]) == [1.5, 2.5]


def test_a_carriage_return_ends_no_row() -> None:
    table = pd.DataFrame({"error": ["\r=1", "a\r\n=1", "b\r=1"], "n": [1, 2, 3]})
    read = pd.read_csv(io.BytesIO(csv_bytes(table)))
    assert list(read["error"]) == ["'\n=1", "a\n=1", "b\n=1"]
    assert list(read["n"]) == [1, 2, 3]


def test_numbers_stay_numbers() -> None:
    table = pd.DataFrame(
        {
            "loss": [-1.5, float("-inf"), float("nan")],
            "seed": [-1, 0, 1],
            "text": ["-1.5", "+2e3", "-inf"],
            "mixed": [-1, None, "=x"],
            "kind": pd.Categorical(["-a", "b", "-a"]),
        }
    )
    text = csv_bytes(table).decode().splitlines()
    assert text[1:] == ["-1.5,-1,-1.5,-1,'-a", "-inf,0,+2e3,,b", ",1,-inf,'=x,'-a"]


def test_what_needs_no_apostrophe_is_as_pandas_writes_it() -> None:
    table = pd.DataFrame({"a": [0.1, 1e-300], "b": ["x,y", 'q"'], "c": [True, False]})
    assert csv_bytes(table).decode() == table.to_csv(index=False, lineterminator="\n")
    assert list(table.columns) == ["a", "b", "c"]


def test_whole_numbers_beside_others_stay_whole() -> None:
    table = pd.DataFrame({"value": pd.Series([6, 0.15, None, "-x"], dtype=object)})
    assert csv_bytes(table).decode() == 'value\n6\n0.15\n""\n\'-x\n'
    numbers = pd.DataFrame({"value": pd.Series([6, 0.15], dtype=object)})
    assert csv_bytes(numbers).decode() == "value\n6\n0.15\n"

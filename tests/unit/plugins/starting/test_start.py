"""The key ``start``: what its values mean, and how labels show them."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.plugins.starting.suite_keys import parse_start, spell_start, with_given


@pytest.mark.parametrize(
    ("value", "parsed", "label"),
    [
        ("default", {"default": True}, "default"),
        ("portfolio", {"portfolio": 5}, "portfolio-5"),
        ({"portfolio": 3}, {"portfolio": 3}, "portfolio-3"),
        ({"points": [{"x": 1}]}, {"points": [{"x": 1}]}, "points-1"),
        (
            "history",
            {"history": {"from": "others", "trials": 20, "scale": "matched"}},
            "history-20",
        ),
        (
            {"history": {"from": "mine.parquet", "trials": 7}},
            {"history": {"from": "mine.parquet", "trials": 7, "scale": "raw"}},
            "history-7-mine.parquet",
        ),
        (
            {"history": {"trials": 7, "scale": "raw"}},
            {"history": {"from": "others", "trials": 7, "scale": "raw"}},
            "history-7-raw",
        ),
        (
            {"default": True, "history": 5},
            {"default": True, "history": {"from": "others", "trials": 5, "scale": "matched"}},
            "default+history-5",
        ),
    ],
)
def test_values(value: Any, parsed: dict[str, Any], label: str) -> None:
    found = parse_start(value)
    assert found == parsed
    assert spell_start(parsed) == label
    assert parse_start(found) == parsed, "what a store keeps is read again"


@pytest.mark.parametrize("value", ["none", None])
def test_nothing(value: Any) -> None:
    assert parse_start(value) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("portfolios", "'portfolios' is none of none, default, portfolio, history"),
        (7, "a word or a mapping is due"),
        ({}, "a word or a mapping is due"),
        ({"default": False}, "the mapping chooses nothing"),
        ({"portfolio": 0}, "portfolio: input should be greater than or equal to 1"),
        ({"portfolio": "5"}, "portfolio: input should be a valid integer"),
        ({"points": []}, "points: list should have at least 1 item"),
        ({"history": {"trials": 1.5}}, "history.trials: "),
        ({"history": {"scale": "log"}}, "history.scale: input should be 'raw' or 'matched'"),
        ({"portfolio": 5, "prior": 1}, "prior: extra inputs are not permitted"),
    ],
)
def test_what_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        parse_start(value)


def test_labels() -> None:
    given = {"start": {"portfolio": 5}}
    assert with_given("tpe", {}) == "tpe"
    assert with_given("tpe", given) == "tpe[start=portfolio-5]"
    assert with_given("tpe[group=true]", given) == "tpe[group=true,start=portfolio-5]"

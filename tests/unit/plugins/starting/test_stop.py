"""The key ``stop``: what its values mean, and how labels show them."""

from __future__ import annotations

from typing import Any

import pytest

from hpobench.plugins.starting.stop import parse_stop, spell_stop


@pytest.mark.parametrize(
    ("value", "parsed", "label"),
    [
        ({"patience": 20}, {"patience": {"trials": 20, "tolerance": 0.0}}, "patience-20"),
        (
            {"patience": {"trials": 5, "tolerance": 0.01}},
            {"patience": {"trials": 5, "tolerance": 0.01}},
            "patience-5-0.01",
        ),
        ({"regret": 1}, {"regret": {"below": 1.0, "trials": 20}}, "regret-1"),
        (
            {"regret": {"below": 0.01, "trials": 30}},
            {"regret": {"below": 0.01, "trials": 30}},
            "regret-0.01-30",
        ),
        (
            {"regret": 0.5, "patience": 9},
            {
                "patience": {"trials": 9, "tolerance": 0.0},
                "regret": {"below": 0.5, "trials": 20},
            },
            "patience-9+regret-0.5",
        ),
    ],
)
def test_values(value: Any, parsed: dict[str, Any], label: str) -> None:
    found = parse_stop(value)
    assert found == parsed
    assert spell_stop(parsed) == label
    assert parse_stop(found) == parsed, "what a store keeps is read again"


@pytest.mark.parametrize("value", ["none", None])
def test_never(value: Any) -> None:
    assert parse_stop(value) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("patience", "'patience' is not none, nor a mapping like {patience: 20}"),
        (7, "a word or a mapping is due, like {patience: 20}, not 7"),
        ({}, "a word or a mapping is due"),
        ({"patience": None}, "the mapping chooses nothing"),
        ({"patience": 0}, "patience.trials: input should be greater than or equal to 1"),
        ({"patience": 2.5}, "patience.trials: input should be a valid integer"),
        ({"patience": True}, "patience.trials: input should be a valid integer"),
        ({"patience": "20"}, "patience: a number or a mapping is due, not '20'"),
        ({"patience": {"tolerance": 0.1}}, "patience.trials: field required"),
        ({"patience": {"trials": 3, "tolerance": 1}}, "patience.tolerance: "),
        ({"regret": 0}, "regret.below: input should be greater than 0"),
        ({"regret": float("inf")}, "regret.below: input should be a finite number"),
        ({"regret": {"below": 1, "trials": 1}}, "regret.trials: "),
        ({"patience": 5, "budget": 1}, "budget: extra inputs are not permitted"),
    ],
)
def test_what_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        parse_stop(value)

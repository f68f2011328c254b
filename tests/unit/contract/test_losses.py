"""Losses and costs as plugins may give them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from hpobench.contract.errors import TrialError
from hpobench.contract.losses import as_number, checked_cost


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.1, 0.1),
        (5e-324, 5e-324),
        (-1e308, -1e308),
        (math.inf, math.inf),
        (True, 1.0),
        (2**63 + 2**11, float(2**63 + 2**11)),
        (np.float32(0.5), 0.5),
        (np.int64(-3), -3.0),
        (np.bool_(True), 1.0),
        (np.array(0.25), 0.25),
        (Decimal("0.1"), 0.1),
        (Fraction(1, 4), 0.25),
    ],
    ids=repr,
)
def test_numbers_are_taken(value: Any, number: float) -> None:
    found = as_number(value, "loss")
    assert type(found) is float
    assert found == number


@pytest.mark.parametrize(
    "value",
    ["0.5", None, 1j, b"1", [1.0], {}, np.complex128(1), np.str_("1"), np.array([1.0, 2.0])],
    ids=repr,
)
def test_what_is_no_number_fails_the_trial(value: Any) -> None:
    with pytest.raises(TrialError, match=r"loss at step 2 is .*, not a number"):
        as_number(value, "loss at step 2")


def test_a_message_on_what_cannot_be_shown() -> None:
    with pytest.raises(TrialError, match="an object of the type Unprintable"):
        as_number(Unprintable(), "loss")
    with pytest.raises(TrialError, match="loss is too large"):
        as_number(10**5000, "loss")


@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf])
def test_costs_are_positive(value: float) -> None:
    with pytest.raises(TrialError, match="must be positive"):
        checked_cost(value, 1)


@pytest.mark.parametrize("value", [5e-324, 1e308])
def test_costs_are_within_what_can_be_added_up(value: float) -> None:
    with pytest.raises(TrialError, match="a step takes from 1e-100 to 1e\\+100 s"):
        checked_cost(value, 3)
    assert checked_cost(1e-30, 3) == 1e-30

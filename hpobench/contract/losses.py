"""Losses and costs, as they come from plugins: numbers of many kinds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real

from hpobench.contract.errors import TrialError

LEAST_COST, MOST_COST = 1e-100, 1e100
"""The seconds that one step may take: sums and ratios of such costs are never infinite."""


def as_number(value: object, what: str) -> float:
    """``value`` as a float: exactly, or rounded to the nearest one. Numbers of Python and NumPy are
    taken, ``Decimal``, ``Fraction`` and arrays of one number too; a text is none, although
    ``float`` takes it. Raises :class:`TrialError`, which calls the value ``what``."""
    if type(value) is float:  # nearly always, and the checks below take a microsecond
        return value
    try:
        # Arrays say whether they are real, because float() would drop an imaginary part.
        kind = getattr(getattr(value, "dtype", None), "kind", "f")
        is_array = hasattr(value, "__array__") and kind in "biuf"
        if is_array or isinstance(value, Real | Decimal | Fraction):
            return float(value)  # type: ignore[arg-type]
    except OverflowError:
        raise TrialError(f"{what} is too large: a loss or cost has 64 bits") from None
    except (TypeError, ValueError):
        pass
    try:
        found = f"{value!r:.60}"
    except Exception:  # a plugin's own object, or a number of too many digits
        found = f"an object of the type {type(value).__name__}"
    raise TrialError(f"{what} is {found}, not a number")


def checked_cost(value: object, step: int) -> float:
    """``value`` as the seconds of step ``step``; raises :class:`TrialError` where it cannot be."""
    cost = as_number(value, f"cost at step {step}")
    if not (math.isfinite(cost) and cost > 0):
        raise TrialError(f"cost is {cost} s at step {step}, but must be positive")
    if not LEAST_COST <= cost <= MOST_COST:
        raise TrialError(
            f"cost is {cost:g} s at step {step}; a step takes from {LEAST_COST:g} to "
            f"{MOST_COST:g} s"
        )
    return cost


def all_floats(values: Sequence[object]) -> bool:
    """Whether :func:`as_number` takes every one of ``values`` as it is."""
    return set(map(type, values)) == {float}


def all_costs(values: Sequence[float]) -> bool:
    """Whether :func:`checked_cost` takes every one of ``values``, which are floats."""
    # A NaN escapes comparisons, but no sum.
    return min(values) >= LEAST_COST and max(values) <= MOST_COST and math.isfinite(sum(values))
